import type { PageNode } from './page-node.ts'

/**
 * Something that can be read from a page or from a part of it: a function, so what is missing here is written in a line.
 *
 * @example
 * const words: Field<number> = (node) => node.text.split(' ').length
 */
export type Field<T> = (node: PageNode) => T
