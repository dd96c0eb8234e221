import { isCancelled, now } from 'corral'
import { HttpError } from '../errors.ts'
import { ProxyRefusal } from './proxy.ts'
import type { Proxy } from './proxy.ts'

/** Milliseconds that a proxy is left alone after its first failure; doubled by each further one, up to the most. */
const pause = 1000
const longest = 60_000

interface Health {
  failures: number
  /** Milliseconds since the epoch. */
  downUntil: number
}

/**
 * Proxies that take turns, one connection each. One that fails is left alone for a while, longer each time, and comes back with its
 * next success. When all are down the one that is due first is tried.
 */
export class ProxyPool {
  readonly #proxies: readonly Proxy[]
  readonly #health = new Map<Proxy, Health>()
  #next = 0

  constructor(proxies: readonly Proxy[]) {
    this.#proxies = proxies
  }

  pick(): Proxy | undefined {
    const at = now()
    let best: Proxy | undefined
    let earliest = Infinity
    for (let count = 0; count < this.#proxies.length; count++) {
      const index = (this.#next + count) % this.#proxies.length
      const proxy = this.#proxies[index] as Proxy
      const { downUntil = -Infinity } = this.#health.get(proxy) ?? {}
      if (downUntil <= at) {
        this.#next = index + 1
        return proxy
      }
      if (downUntil < earliest) [best, earliest] = [proxy, downUntil]
    }
    return best
  }

  succeeded(proxy: Proxy): void {
    this.#health.delete(proxy)
  }

  /** Counts a failure, if it is the proxy's own. */
  failed(proxy: Proxy, error: unknown): void {
    if (!isFault(error)) return
    const failures = (this.#health.get(proxy)?.failures ?? 0) + 1
    const downFor = Math.min(pause * 2 ** (failures - 1), longest)
    this.#health.set(proxy, { failures, downUntil: now() + downFor })
  }
}

/** What the host behind it does, or who gave up, says nothing of a proxy. */
function isFault(error: unknown): boolean {
  if (isCancelled(error)) return false
  if (!(error instanceof HttpError)) return true
  if (error.cause instanceof ProxyRefusal) return error.cause.isFault
  return error.code !== 'TLS' && error.code !== 'ADDRESS_REFUSED'
}
