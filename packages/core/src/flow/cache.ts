import { MisuseError } from '../errors.ts'
import {
  currentScope,
  describe,
  HomeContext,
  nameResource,
  ready,
  report,
  requireDuration,
  requireFunction,
  requireLimit,
  suspend,
  tellOwners,
  tellStats,
  Waiter,
  wake,
} from '../lowlevel.ts'
import type { ResourceOptions } from '../lowlevel.ts'
import { SharedWork } from '../sync/shared-work.ts'
import { completeOptions } from './complete-options.ts'
import { RingNode } from './ring-node.ts'

export interface CacheOptions extends ResourceOptions {
  /** How many values are kept, at the most; those unused for longest leave first. Default `Infinity`. */
  readonly max?: number
  /** How long a value is fresh, in milliseconds. Default `Infinity`. */
  readonly ttl?: number
  /** How long after that it is still given, at once, while a new one is loaded, in milliseconds. Default 0. */
  readonly stale?: number
  /** Told when such a load ahead fails: the stale value stays. Without it that is an unhandled rejection. */
  readonly onError?: (error: unknown) => void
}

/** How many of the values unused for longest each `get` looks at: more than one, so that what is over cannot pile up. */
const LOOKS = 2

/**
 * Keeps loaded values for a time. Callers that ask for a key while it is being loaded share that load. It
 * runs in the scope and the context where the Cache was made, not in a caller's. A failure goes to all
 * waiting callers and is not kept.
 *
 * Cost: O(1) for a `get`, no timers, about a promise for what is there; one task for each load.
 *
 * @example
 * const users = new Cache((id: number) => fetchUser(id), { max: 1000, ttl: 60_000, stale: 600_000 })
 * const user = await users.get(7)
 * @see RFC 5861 (stale-while-revalidate), Caffeine, lru-cache
 */
export class Cache<K, V> {
  static {
    tellOwners<Cache<unknown, unknown>>(this, (cache) =>
      [...cache.#loads.values()].map(({ task }) => task),
    )
    tellStats<Cache<unknown, unknown>>(this, (cache) => {
      let waiting = 0
      for (const { line } of cache.#loads.values()) waiting += line.size
      return { type: 'Cache', size: cache.size, capacity: cache.#options.max, waiting }
    })
  }

  readonly #load: (key: K) => PromiseLike<V> | V
  readonly #options: Required<Omit<CacheOptions, 'name' | 'onError'>> & {
    readonly onError: CacheOptions['onError'] | undefined
  }
  readonly #owner = new HomeContext()
  readonly #entries = new Map<K, Entry<K, V>>()
  /** All of them, longest unused first: a ring through this one. */
  readonly #ring = new RingNode()
  readonly #loads = new Map<K, SharedWork<V>>()

  /** @param load makes the value of a key */
  constructor(load: (key: K) => PromiseLike<V> | V, options: CacheOptions = {}) {
    requireFunction('Cache: load', load)
    this.#load = load
    this.#options = completeOptions<Omit<CacheOptions, 'name'>>('Cache', options, {
      max: [requireLimit, Infinity],
      ttl: [requireDuration, Infinity],
      stale: [requireDuration, 0],
      onError: [requireFunction, undefined],
    })
    nameResource('Cache', this, options)
  }

  /** How many values there are, those counted in that are over and were not looked at since. */
  get size(): number {
    return this.#entries.size
  }

  /**
   * The value of `key`: the one that is kept, or else loaded now. A stale one is given at once, and a new one
   * is loaded for those who come later.
   *
   * Cancellation: stops waiting; a load that nobody waits for any more is cancelled.
   *
   * @throws what `load` throws, the same error for all who wait
   * @throws TaskCancelledError when the load was cancelled with its owner
   * @throws MisuseError when the load of a key asks for that key itself
   */
  get(key: K): Promise<V> {
    const scope = currentScope()
    if (scope.cancelledBy !== undefined) return suspend(new Waiter<V>('Cache.get', this), scope)
    const now = scope.runtime.clock.now()
    this.#forgetOld(now)
    const entry = this.#entries.get(key)
    if (entry !== undefined && entry.goneAt > now) {
      entry.unlink()
      entry.linkBefore(this.#ring)
      if (entry.staleAt <= now && !this.#loads.has(key)) this.#begin(key)
      return ready('Cache.get', this, entry.value, scope)
    }
    const load = this.#loads.get(key)
    if (load?.waitsFor(scope) === true) {
      const misuse = `Cache.get: the load of ${describe(key)} waits for its own result; pass it what it needs`
      return Promise.reject(new MisuseError(misuse))
    }
    return (load ?? this.#begin(key)).wait('Cache.get', this, scope)
  }

  /** The value of `key` if one is kept that is fresh or stale; loads nothing. */
  peek(key: K): V | undefined {
    const entry = this.#entries.get(key)
    return entry !== undefined && entry.goneAt > currentScope().runtime.clock.now()
      ? entry.value
      : undefined
  }

  /** Keeps a value that came another way. What is being loaded for the key is given to those who wait, and not kept. */
  set(key: K, value: V): void {
    this.#loads.delete(key)
    this.#keep(key, value)
  }

  /** Forgets a key, so that the next `get` loads it: also in place of what is being loaded now. */
  delete(key: K): boolean {
    const loading = this.#loads.delete(key)
    const entry = this.#entries.get(key)
    if (entry !== undefined) this.#drop(entry)
    return loading || entry !== undefined
  }

  /** Forgets all. */
  clear(): void {
    this.#loads.clear()
    for (const entry of this.#entries.values()) this.#drop(entry)
  }

  get [Symbol.toStringTag](): string {
    return 'Cache'
  }

  #begin(key: K): SharedWork<V> {
    const isCurrent = (): boolean => this.#loads.get(key) === load
    const load = new SharedWork<V>(this.#owner, 'Cache', {
      work: () => this.#load(key),
      over: (task) => {
        if (task?.state === 'fulfilled' && isCurrent()) this.#keep(key, task.value as V)
        if (task?.state === 'rejected' && load.line.size === 0) this.#blame(task.error)
        if (isCurrent()) this.#loads.delete(key)
      },
      give: wake,
    })
    this.#loads.set(key, load)
    return load
  }

  #keep(key: K, value: V): void {
    const { max, ttl, stale } = this.#options
    const before = this.#entries.get(key)
    if (before !== undefined) this.#drop(before)
    const staleAt = this.#owner.run(() => currentScope().runtime.clock.now()) + ttl
    const entry = new Entry(key, value, staleAt, staleAt + stale)
    this.#entries.set(key, entry)
    entry.linkBefore(this.#ring)
    if (this.#entries.size > max) this.#drop(this.#ring.after as Entry<K, V>)
  }

  #drop(entry: Entry<K, V>): void {
    entry.unlink()
    this.#entries.delete(entry.key)
  }

  #forgetOld(now: number): void {
    for (let look = 0, next = this.#ring.after; look < LOOKS && next !== this.#ring; look++) {
      const entry = next as Entry<K, V>
      next = entry.after
      if (entry.goneAt <= now) this.#drop(entry)
    }
  }

  #blame(error: unknown): void {
    try {
      if (this.#options.onError === undefined) report(error)
      else this.#options.onError(error)
    } catch (thrown) {
      report(thrown)
    }
  }
}

class Entry<K, V> extends RingNode {
  readonly key: K
  readonly value: V
  /** From when on a new one is loaded, and from when on it is not given any more. */
  readonly staleAt: number
  readonly goneAt: number

  constructor(key: K, value: V, staleAt: number, goneAt: number) {
    super()
    this.key = key
    this.value = value
    this.staleAt = staleAt
    this.goneAt = goneAt
  }
}
