import { ArrayCursor } from './sync-cursor.ts'
import { merging } from './flat-map.ts'
import { sourcesOf } from './source.ts'
import type { ItemOf, StreamSource } from './source.ts'
import { Stream } from './stream.ts'

/**
 * The items of all sources as they arrive; it ends when all have ended. Each source runs in a task of its
 * own, and is at most one item ahead.
 *
 * Cancellation: cancels every source and awaits them.
 *
 * @throws the first failure of a source, after the items that were ready; the others are cancelled
 * @example
 * for await (const event of merge(clicks, interval(1000))) console.log(event)
 * @see RxJS's merge, aiostream.stream.merge
 */
export function merge<S extends readonly StreamSource<unknown>[]>(
  ...sources: S
): Stream<ItemOf<S[number]>> {
  const openers = sourcesOf('merge', sources)
  const outer = { open: () => new ArrayCursor(openers) }
  return new Stream(merging('merge', outer, (source) => source, Infinity))
}
