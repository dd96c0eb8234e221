import { MisuseError } from 'corral'
import type { Failure, HeldResource } from './held-resource.ts'

export type Until = 'handler' | 'response'

interface Entry {
  readonly until: Until
  readonly resource: HeldResource<unknown>
}

/** The resources that a request has opened, in order. */
export class RequestResources {
  readonly #entries = new Map<object, Entry>()
  #ended = false

  /** The resource for `key`; opened by the first call. */
  get(key: object, until: Until, open: () => HeldResource<unknown>): HeldResource<unknown> {
    let entry = this.#entries.get(key)
    if (entry === undefined) {
      if (this.#ended) {
        throw new MisuseError(
          'perRequest.get: the request has ended; take what you need before it has',
        )
      }
      entry = { until, resource: open() }
      this.#entries.set(key, entry)
    }
    return entry.resource
  }

  /** Closes what is open, last first, each to completion. Returns the first failure, if any. */
  async release(until: Until, failure: Failure | undefined): Promise<Failure | undefined> {
    if (until === 'response') this.#ended = true
    let first: Failure | undefined
    for (const [key, entry] of [...this.#entries].toReversed()) {
      if (until === 'handler' && entry.until === 'response') continue
      this.#entries.delete(key)
      const ended = await entry.resource.close(failure ?? first)
      first ??= ended
    }
    return first
  }

  get size(): number {
    return this.#entries.size
  }
}
