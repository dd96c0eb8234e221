import type { Opener } from './cursor.ts'
import { drain } from './drain.ts'
import { LatestItems } from './latest-items.ts'
import { Relay } from './relay.ts'

/** The source runs in a task of its own, up to `capacity` items ahead. */
export function buffering<T>(source: Opener<T>, capacity: number): Opener<T> {
  return {
    open: (scope) =>
      new Relay<T>('Stream.buffer', scope, capacity, (relay) =>
        relay.spawn((scope) => drain(source, scope, (item) => relay.emit(item, scope))),
      ),
  }
}

/** The source runs in a task of its own and is never held up: the newest item replaces the one before. */
export function conflating<T>(source: Opener<T>): Opener<T> {
  return {
    open: (scope) =>
      new Relay<T>(
        'Stream.conflate',
        scope,
        Infinity,
        (relay) => relay.spawn((scope) => drain(source, scope, (item) => relay.emit(item, scope))),
        new LatestItems(1),
      ),
  }
}
