import { ClosedError } from '../errors.ts'
import { handled, requireFunction } from '../lowlevel.ts'
import { throwIfCancelled } from '../scope/checkpoint.ts'
import { shield } from '../scope/shield.ts'
import { afterPause } from './after-pause.ts'
import type { Lease } from './lease.ts'

/**
 * Opens something that must be closed, and returns a lease for `await using`: at the end of the block
 * `release` runs to its end, exactly once, even when the block failed or was cancelled.
 *
 * Cancellation: reaches `acquire`; what it has acquired is delivered. `release` is shielded: give it a
 * timeout of its own if it may hang.
 *
 * @throws what `acquire` throws; leaving the block throws what `release` throws
 * @example
 * await using connection = await open(() => connect(), (connection) => connection.close())
 * await connection.value.query('select 1')
 * @see Python's async context managers, Effect.acquireRelease
 */
export function open<T>(
  acquire: () => PromiseLike<T> | T,
  release: (value: T) => PromiseLike<void> | void,
): Promise<Lease<T>> {
  return handled(async () => {
    requireFunction('open: acquire', acquire)
    requireFunction('open: release', release)
    throwIfCancelled()
    return afterPause(new Opened(await acquire(), release))
  })
}

class Opened<T> implements Lease<T> {
  readonly #value: T
  readonly #release: (value: T) => PromiseLike<void> | void
  #released: Promise<void> | undefined

  constructor(value: T, release: (value: T) => PromiseLike<void> | void) {
    this.#value = value
    this.#release = release
  }

  get value(): T {
    if (this.#released === undefined) return this.#value
    throw new ClosedError('Lease.value: it was released; use it inside its block')
  }

  [Symbol.asyncDispose](): Promise<void> {
    return (this.#released ??= shield(() => this.#release(this.#value)))
  }
}
