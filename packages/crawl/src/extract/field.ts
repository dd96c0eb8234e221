import type { PageNode } from './page-node.ts'

/**
 * Something that can be read from a page or from a part of it: a function, so what is missing here is written in a line.
 *
 * @example
 * const words: Field<number> = (node) => node.text.split(' ').length
 */
export interface Field<T> {
  (node: PageNode): T
  /** Every function has one. That it stands here is what makes the compiler infer through fields in fields. */
  readonly name: string
}
