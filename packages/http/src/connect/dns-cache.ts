import { AsyncResource } from 'node:async_hooks'
import { lookup as systemLookup } from 'node:dns'
import type { LookupAddress, LookupOptions } from 'node:dns'
import type { LookupFunction } from 'node:net'
import { now } from 'corral'
import { requireDuration, requireLimit } from 'corral/lowlevel'

export interface DnsCacheOptions {
  /** Names that are remembered at most; the one that was not asked for longest is forgotten. Default 10 000. */
  readonly max?: number
  /** How long addresses are remembered: the system does not say how long they are good. Default 60 000 ms. */
  readonly ttl?: number
  /** How long it is remembered that there is no such name. Default 5000 ms. */
  readonly negativeTtl?: number
  /** Who is asked. Default `dns.lookup`. */
  readonly lookup?: LookupFunction
}

type Callback = Parameters<LookupFunction>[2]
type Failure = Parameters<Callback>[0]

interface Entry {
  /** Undefined while it is asked for. */
  answer: { readonly error: Failure; readonly addresses: LookupAddress[] } | undefined
  expires: number
  readonly waiting: ((entry: NonNullable<Entry['answer']>) => void)[]
}

/**
 * Remembers the addresses of names: for `connect.lookup`, and may be shared by sessions. Who asks for a name that is being looked up
 * waits for that, so that a thousand connections to one host cost one look-up. That a name does not exist is remembered for a
 * short while, any other failure not at all. Costs no timer.
 *
 * Cancellation: none: a connection that is given up does not wait for its name.
 *
 * @throws MisuseError for an option out of range
 * @example
 * const { lookup } = new DnsCache({ ttl: 30_000 })
 * await using session = new HttpSession({ connect: { lookup } })
 */
export class DnsCache {
  readonly #max: number
  readonly #ttl: number
  readonly #negativeTtl: number
  readonly #system: LookupFunction
  /** In the order in which they were asked for. */
  readonly #entries = new Map<string, Entry>()

  constructor(options: DnsCacheOptions = {}) {
    const { max = 10_000, ttl = 60_000, negativeTtl = 5000, lookup = systemLookup } = options
    requireLimit('DnsCache: max', max, 1)
    requireDuration('DnsCache: ttl', ttl)
    requireDuration('DnsCache: negativeTtl', negativeTtl)
    this.#max = max
    this.#ttl = ttl
    this.#negativeTtl = negativeTtl
    this.#system = lookup
  }

  /** Names that are remembered, those being looked up included. */
  get size(): number {
    return this.#entries.size
  }

  /** Forgets all; who waits is served. */
  clear(): void {
    this.#entries.clear()
  }

  /** As `dns.lookup`. */
  readonly lookup: LookupFunction = (hostname, options, callback) => {
    const key = `${hostname.toLowerCase()} ${options.family ?? 0} ${options.hints ?? 0}`
    const known = this.#entries.get(key)
    this.#entries.delete(key)
    const isFresh = known !== undefined && (known.answer === undefined || known.expires > now())
    const entry = isFresh ? known : { answer: undefined, expires: Infinity, waiting: [] }
    this.#entries.set(key, entry)
    if (entry.answer !== undefined) {
      // As the system: never before it has returned.
      const { answer } = entry
      queueMicrotask(() => tell(answer, options, callback))
      return
    }
    // Each in a context of its own, whoever asked first.
    entry.waiting.push(AsyncResource.bind((answer) => tell(answer, options, callback)))
    if (!isFresh) this.#ask(hostname, options, entry, key)
    this.#forgetOldest()
  }

  #ask(hostname: string, options: LookupOptions, entry: Entry, key: string): void {
    this.#system(hostname, { ...options, all: true }, (error, found, family = 4) => {
      const addresses = Array.isArray(found) ? found : [{ address: found, family }]
      const answer = error === null ? { error, addresses } : { error, addresses: [] }
      entry.answer = answer
      entry.expires = now() + this.#lifetimeOf(answer.error)
      if (entry.expires <= now() && this.#entries.get(key) === entry) this.#entries.delete(key)
      for (const waiting of entry.waiting.splice(0)) waiting(answer)
    })
  }

  #lifetimeOf(error: Failure): number {
    if (error === null) return this.#ttl
    return error.code === 'ENOTFOUND' || error.code === 'ENODATA' ? this.#negativeTtl : 0
  }

  #forgetOldest(): void {
    const [oldest] = this.#entries.keys()
    if (this.#entries.size > this.#max && oldest !== undefined) this.#entries.delete(oldest)
  }
}

function tell(
  { error, addresses }: NonNullable<Entry['answer']>,
  { all }: LookupOptions,
  callback: Callback,
): void {
  const [first] = addresses
  if (error !== null) callback(error, [])
  // A copy: who asks may sort it.
  else if (all === true) callback(null, [...addresses])
  else callback(null, first?.address ?? '', first?.family)
}
