import {
  currentScope,
  nameResource,
  ready,
  refuse,
  requireCount,
  requireLimit,
  requireOptions,
  suspend,
  tellStats,
  Timer,
  Waiter,
  WaitQueue,
  wake,
} from '../lowlevel.ts'
import type { ResourceOptions, ScopeNode } from '../lowlevel.ts'
import { RateWindow } from './rate-window.ts'

export interface RateLimiterOptions extends ResourceOptions {
  /** How much may be taken in each interval: a whole number of at least 1, or `Infinity`. */
  readonly limit: number
  /** In milliseconds, above 0. */
  readonly interval: number
  /** How much more may be taken at once when less was taken before. Default 0. */
  readonly burst?: number
}

/**
 * Lets no more than `limit` through in any `interval`, wherever it begins: there are no fixed windows with
 * a burst on both sides of an edge. With `burst` that much more may pass in one interval, while the
 * average stays at `limit`. First come, first served; a large cost at the head of the line holds back
 * small ones behind it.
 *
 * Cost: O(1), one timer for all who wait. It remembers what was taken in the last interval, in at most
 * about 2000 entries: above that it is up to 0.1 % slower than allowed.
 *
 * @example
 * const limiter = new RateLimiter({ limit: 10, interval: 1000 })
 * await limiter.acquire()
 * @see aiolimiter, GCRA
 */
export class RateLimiter {
  static {
    tellStats(this, (limiter) => {
      return { type: 'RateLimiter', capacity: limiter.#window.most, waiting: limiter.waiting }
    })
  }

  readonly #window: RateWindow
  readonly #line = new WaitQueue<void>(() => this.#serve())
  readonly #alarm = new Timer(() => this.#serve())

  constructor(options: RateLimiterOptions) {
    requireOptions('RateLimiter', options)
    nameResource('RateLimiter', this, options)
    const { limit, interval, burst = 0 } = options
    requireLimit('RateLimiter: limit', limit)
    requireLimit('RateLimiter: burst', burst, 0)
    if (!Number.isFinite(interval) || interval <= 0) {
      refuse('RateLimiter: interval', 'a number of milliseconds above 0', interval)
    }
    this.#window = new RateWindow(limit, interval, burst)
  }

  /** How much may be taken in each interval. */
  get limit(): number {
    return this.#window.limit
  }

  /**
   * With effect at once: what was taken still counts, and those in line are served as the new limit allows. Who
   * asked for more than there may be now waits until there may be more again.
   */
  set limit(limit: number) {
    requireLimit('RateLimiter: limit', limit)
    this.#window.setLimit(limit, currentScope().runtime.clock)
    this.#serve()
  }

  /** How many calls wait in line. */
  get waiting(): number {
    return this.#line.size
  }

  /** It remembers nothing that would make anybody wait: a new one would do as well. */
  get idle(): boolean {
    return this.#line.size === 0 && this.#window.forgotten(currentScope().runtime.clock)
  }

  /**
   * Waits until `cost` may be taken, and takes it. There is nothing to give back.
   *
   * Cancellation: takes nothing, or has taken it.
   *
   * @param cost a whole number of at least 1
   * @throws MisuseError when it is more than `limit` and `burst` together: it could never be taken
   */
  acquire(cost = 1): Promise<void> {
    try {
      this.#check('RateLimiter.acquire: cost', cost)
    } catch (misuse) {
      return Promise.reject(misuse)
    }
    const scope = currentScope()
    if (scope.cancelledBy === undefined && this.#takes(scope, cost)) {
      return ready('RateLimiter.acquire', this, undefined, scope)
    }
    const granted = suspend(new Waiter('RateLimiter.acquire', this, this.#line, cost))
    if (this.#line.size === 1) this.#serve()
    return granted
  }

  /** Takes `cost` if that is possible at once and nobody waits; never waits. */
  tryAcquire(cost = 1): boolean {
    this.#check('RateLimiter.tryAcquire: cost', cost)
    return this.#takes(currentScope(), cost)
  }

  get [Symbol.toStringTag](): string {
    return 'RateLimiter'
  }

  #takes({ runtime }: ScopeNode, cost: number): boolean {
    return this.#line.size === 0 && this.#window.take(runtime.clock, cost) === undefined
  }

  /** Serves the line as far as possible, and sets the alarm for its head. */
  #serve(): void {
    for (let head = this.#line.first; head !== undefined; head = this.#line.first) {
      const { clock } = (head.scope as ScopeNode).runtime
      const again = this.#window.take(clock, head.data as number)
      if (again !== undefined) return this.#alarm.set(clock, again)
      wake(head, undefined)
    }
    this.#alarm.clear()
  }

  #check(where: string, cost: number): void {
    requireCount(where, cost)
    const { most } = this.#window
    if (cost <= most) return
    refuse(where, `at most limit and burst together, which is ${most}`, cost)
  }
}
