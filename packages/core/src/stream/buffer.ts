import type { Opener } from './cursor.ts'
import { beside } from './relay.ts'

/** The source runs in a task of its own, up to `capacity` items ahead. */
export function buffering<T>(source: Opener<T>, capacity: number): Opener<T> {
  return beside('Stream.buffer', (relay, scope) => relay.emitAll(source, scope), capacity)
}

/** The source runs in a task of its own and is never held up: the newest item replaces the one before. */
export function conflating<T>(source: Opener<T>): Opener<T> {
  return beside('Stream.conflate', (relay, scope) => relay.emitAll(source, scope), 1, true)
}
