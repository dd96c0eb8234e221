import { TaskLocal } from 'corral'
import { requireFunction } from 'corral/lowlevel'
import { currentRequest } from './engine/current-request.ts'
import type { HeldResource, Hold } from './engine/held-resource.ts'
import type { Until } from './engine/request-resources.ts'

export interface PerRequestOptions {
  /**
   * `handler`: it is closed before the response is sent, so that a failure becomes a 500; `response`: after the
   * response has been sent, for a stream that reads from it. Default `handler`.
   */
  readonly until?: Until
  /** Its task's name in reports. */
  readonly name?: string
}

/** A value that each request opens for itself. Made by `perRequest`. */
export class PerRequest<T> {
  readonly #hold: Hold<T>
  readonly #until: Until
  readonly #name: string
  readonly #stand = new TaskLocal<{ readonly value: T } | undefined>()

  /** Made by `perRequest`, not by hand. */
  constructor(hold: Hold<T>, options: PerRequestOptions) {
    this.#hold = hold
    this.#until = options.until ?? 'handler'
    this.#name = options.name ?? 'perRequest'
  }

  /**
   * The value of the current request; opened by the first call.
   *
   * Cancellation: the wait is cut short; the value stays with the request.
   *
   * @throws what opening it throws
   * @throws MisuseError outside a request
   */
  async get(): Promise<T> {
    const stand = this.#stand.get()
    if (stand !== undefined) return stand.value
    const { engine, name, resources } = currentRequest('perRequest.get')
    const open = (): HeldResource<unknown> =>
      engine.hold<unknown>(this.#hold, `${this.#name} of ${name}`)
    return (await resources.get(this, this.#until, open).get()) as T
  }

  /** Runs `fn` with a value in place of the real one, for tests. */
  run<R>(value: T, fn: () => R): R {
    return this.#stand.run({ value }, fn)
  }
}

/**
 * A value, such as a transaction, that each request opens on first use. `hold` opens it, calls `use`, and closes it
 * after that; `use` throws when the request failed or was cancelled. Several are closed in reverse order, each to
 * completion.
 *
 * Cancellation: an open value is closed, an unfinished opening is cancelled, before the request's task ends.
 *
 * @example
 * const tx = perRequest((use) => db.transaction(use))
 * app.post('/orders', async ({ body }) => (await tx.get()).insert(body), { body: Order })
 */
export function perRequest<T>(hold: Hold<T>, options: PerRequestOptions = {}): PerRequest<T> {
  requireFunction('perRequest: hold', hold)
  return new PerRequest(hold, options)
}
