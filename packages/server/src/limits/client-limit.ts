import { now } from 'corral'
import { requireDuration, requireFunction, requireCount, refuse } from 'corral/lowlevel'
import { HttpProblem } from '../errors.ts'
import type { Transport } from '../transport/transport.ts'
import { clientKey } from './client-address.ts'

export interface ClientLimitOptions {
  /** Requests that a client may make in an interval, even all at once. */
  readonly limit: number
  /** In milliseconds. */
  readonly interval: number
  /**
   * Identifies the client; undefined for no limit. Default: the address, for IPv6 its /64. Called before the handler
   * and its middleware: use no header that you have not verified.
   */
  readonly key?: (transport: Transport, address: string) => string | undefined
}

/**
 * A rate limit per client. One number is kept for each client seen in the last two intervals, nothing for others. Made
 * by `clientLimit`.
 */
export class ClientLimit {
  readonly #limit: number
  readonly #interval: number
  readonly #key: (transport: Transport, address: string) => string | undefined
  /**
   * Until when each client has used up its share [generic cell rate algorithm], for this interval and the previous one.
   */
  #current = new Map<string, number>()
  #previous = new Map<string, number>()
  #rotatesAt = 0

  /** Made by `clientLimit`, not by hand. */
  constructor(options: ClientLimitOptions) {
    const { limit, interval, key = byAddress } = options
    requireCount('clientLimit: limit', limit)
    requireDuration('clientLimit: interval', interval)
    if (interval === 0 || interval === Infinity) {
      refuse('clientLimit: interval', 'a positive, finite number of milliseconds', interval)
    }
    requireFunction('clientLimit: key', key)
    this.#limit = limit
    this.#interval = interval
    this.#key = key
  }

  /** Number of clients remembered. */
  get size(): number {
    return this.#current.size + this.#previous.size
  }

  /** @throws HttpProblem 429 with Retry-After for a client over its limit */
  check(transport: Transport, address: string): void {
    const key = this.#key(transport, address)
    if (key === undefined) return
    const time = now()
    this.#rotate(time)
    const each = this.#interval / this.#limit
    const until = Math.max(time, this.#current.get(key) ?? this.#previous.get(key) ?? 0)
    const wait = until + each - time - this.#interval
    // A fraction of a millisecond early counts as on time: shares are seldom whole numbers.
    if (wait > 0.001) throw tooMany(wait)
    this.#current.set(key, until + each)
  }

  /** A client that was quiet for an interval has its whole share again: it may be forgotten. */
  #rotate(time: number): void {
    if (time < this.#rotatesAt) return
    this.#previous = time < this.#rotatesAt + this.#interval ? this.#current : new Map()
    this.#current = new Map()
    this.#rotatesAt = time + this.#interval
  }
}

function byAddress(_transport: Transport, address: string): string {
  return clientKey(address)
}

function tooMany(wait: number): HttpProblem {
  return new HttpProblem(429, {
    detail: 'you have asked too often; try again later',
    headers: { 'retry-after': Math.ceil(wait / 1000) },
  })
}

/**
 * A rate limit per client: 429 with Retry-After beyond it, before the request takes a slot. It is an option of a
 * server, for all routes, or of a route; a limit passed to several routes is shared by them.
 *
 * @throws MisuseError for a limit or an interval out of range
 * @example
 * await serve(app, { trustedProxies: 1, clientLimit: clientLimit({ limit: 100, interval: 60_000 }) })
 */
export function clientLimit(options: ClientLimitOptions): ClientLimit {
  return new ClientLimit(options)
}
