import type { PageNode } from './page-node.ts'

/** Something that can be read from a page or from a part of it. */
export interface FieldReader<T> {
  read(node: PageNode): T
}

/**
 * A reader or a function: what is missing here is written in a line. That readers are objects is for the compiler,
 * which infers nothing through calls that give functions.
 *
 * @example
 * const words: Field<number> = (node) => node.text.split(' ').length
 */
export type Field<T> = FieldReader<T> | ((node: PageNode) => T)

/** What a field says of a part of a page. */
export function readField<T>(field: Field<T>, node: PageNode): T {
  return typeof field === 'function' ? field(node) : field.read(node)
}
