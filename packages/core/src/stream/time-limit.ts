import type { ScopeNode } from '../lowlevel.ts'
import { timeout } from '../scope/timeout.ts'
import type { Cursor, End, Opener } from './cursor.ts'
import { drain } from './drain.ts'
import { Relay } from './relay.ts'

/** Fails when an item that is asked for does not come within `ms`. */
export function limitingTime<T>(source: Opener<T>, ms: number): Opener<T> {
  return { open: (scope) => new TimeLimit(source, scope, ms) }
}

/** The source runs in a task of its own: a scope that it opens must not end with the wait for an item. */
class TimeLimit<T> implements Cursor<T> {
  readonly #relay: Relay<T>
  readonly #ms: number

  constructor(source: Opener<T>, scope: ScopeNode, ms: number) {
    this.#relay = new Relay<T>('Stream.timeout', scope, 0, (relay) =>
      relay.spawn((scope) => drain(source, scope, (item) => relay.emit(item, scope))),
    )
    this.#ms = ms
  }

  next(): T | End | Promise<T | End> {
    if (this.#relay.stocked) return this.#relay.next()
    return timeout(this.#ms, () => this.#relay.next())
  }

  close(): Promise<void> | void {
    return this.#relay.close()
  }
}
