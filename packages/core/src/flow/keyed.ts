import { failing, HomeContext, nameResource, requireFunction, tellStats } from '../lowlevel.ts'
import type { Call, ResourceOptions } from '../lowlevel.ts'
import { afterPause } from './after-pause.ts'
import { RingNode } from './ring-node.ts'

export interface KeyedOptions<V> extends ResourceOptions {
  /**
   * Asked when nobody uses a value: true keeps it a while longer, because it remembers something that
   * still matters. Default: values whose `idle` is false are kept, such as a `RateLimiter` that counts.
   */
  readonly keep?: (value: V) => boolean
}

/** A value of a `Keyed` in use. */
export interface KeyedLease<out V> extends Disposable {
  readonly value: V
}

/** How many of the unused values each use looks at: more than one, so that they cannot pile up. */
const LOOKS = 2

/**
 * One value for each key, such as a semaphore or a rate limiter per host. It is made on first use of the
 * key, in the context where the Keyed was made, and dropped when nobody uses it any more.
 *
 * Cost: O(1) for a use, no timers; memory for the keys in use and those kept.
 *
 * @example
 * const perHost = new Keyed((host: string) => new Semaphore(2))
 * const page = await perHost.use(host, (semaphore) => semaphore.use(() => download(url)))
 */
export class Keyed<K, V> {
  static {
    tellStats<Keyed<unknown, unknown>>(this, ({ size }) => ({ type: 'Keyed', size }))
  }

  readonly #make: (key: K) => V
  readonly #keep: (value: V) => boolean
  readonly #owner = new HomeContext()
  readonly #entries = new Map<K, Entry<K, V>>()
  /** Those that nobody uses but that were kept, longest unused first: a ring through this one. */
  readonly #unused = new RingNode()

  constructor(make: (key: K) => V, options: KeyedOptions<V> = {}) {
    requireFunction('Keyed: make', make)
    const { keep = remembers } = options
    requireFunction('Keyed: keep', keep)
    nameResource('Keyed', this, options)
    this.#make = make
    this.#keep = keep
  }

  /** How many keys there are: in use, or kept. */
  get size(): number {
    return this.#entries.size
  }

  /** Whether there is a value for this key. */
  has(key: K): boolean {
    return this.#entries.has(key)
  }

  /** The keys there are. */
  keys(): IterableIterator<K> {
    return this.#entries.keys()
  }

  /**
   * Runs `fn` with the value of `key`, which stays until `fn` has ended. What is taken from the value,
   * such as a permit, is to be given back before.
   *
   * Cancellation: none of its own; it reaches `fn`.
   */
  use<R>(key: K, fn: (value: V) => PromiseLike<R> | R): Promise<R> {
    const call: Call = { promise: undefined }
    const result = this.#use(key, fn, call)
    call.promise = result
    return result
  }

  /**
   * The value of `key`, which stays until the lease is disposed; for code that is no function, such as a block with
   * `using`. Disposing it again does nothing.
   *
   * @example
   * using lease = perHost.lease(host)
   * using permit = await lease.value.acquire()
   */
  lease(key: K): KeyedLease<V> {
    const entry = this.#enter(key)
    let held = true
    return {
      value: entry.value,
      [Symbol.dispose]: () => {
        if (held) this.#leave(entry)
        held = false
      },
    }
  }

  get [Symbol.toStringTag](): string {
    return 'Keyed'
  }

  async #use<R>(key: K, fn: (value: V) => PromiseLike<R> | R, call: Call): Promise<R> {
    requireFunction('Keyed.use: fn', fn)
    const entry = this.#enter(key)
    try {
      return afterPause(await fn(entry.value))
    } catch (error) {
      return await failing(call, error)
    } finally {
      this.#leave(entry)
    }
  }

  #enter(key: K): Entry<K, V> {
    let entry = this.#entries.get(key)
    if (entry === undefined) {
      const value = this.#owner.run(() => this.#make(key))
      entry = new Entry(key, value)
      this.#entries.set(key, entry)
    } else if (entry.users === 0) {
      entry.unlink()
    }
    entry.users += 1
    return entry
  }

  #leave(entry: Entry<K, V>): void {
    entry.users -= 1
    if (entry.users === 0) this.#rest(entry)
    for (let look = 0; look < LOOKS; look++) {
      const oldest = this.#unused.after
      if (oldest === this.#unused) return
      oldest.unlink()
      this.#rest(oldest as Entry<K, V>)
    }
  }

  /** Nobody uses it: it leaves, or is kept and will be looked at again. */
  #rest(entry: Entry<K, V>): void {
    if (this.#keep(entry.value)) entry.linkBefore(this.#unused)
    else this.#entries.delete(entry.key)
  }
}

class Entry<K, V> extends RingNode {
  readonly key: K
  readonly value: V
  users = 0

  constructor(key: K, value: V) {
    super()
    this.key = key
    this.value = value
  }
}

function remembers(value: unknown): boolean {
  return (value as { readonly idle?: unknown } | null | undefined)?.idle === false
}
