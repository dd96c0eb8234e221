import { ArrayCursor } from './sync-cursor.ts'
import { joining } from './flat-map.ts'
import { sourcesOf } from './source.ts'
import type { ItemOf, StreamSource } from './source.ts'
import { Stream } from './stream.ts'

/**
 * The items of the first source, then those of the next, and so on. A source is opened when the one
 * before it has ended.
 *
 * Cancellation: that of the source; it is closed under a shield.
 *
 * @example
 * await concat([1, 2], [3]).toArray() // [1, 2, 3]
 * @see Python's itertools.chain
 */
export function concat<S extends readonly StreamSource<unknown>[]>(
  ...sources: S
): Stream<ItemOf<S[number]>> {
  const openers = sourcesOf('concat', sources)
  const outer = { open: () => new ArrayCursor(openers) }
  return new Stream(joining(outer, (source) => source))
}
