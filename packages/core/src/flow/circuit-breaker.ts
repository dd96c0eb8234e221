import { CircuitOpenError, isCancelled } from '../errors.ts'
import {
  failing,
  isUncancelled,
  nameResource,
  report,
  requireCount,
  requireDuration,
  requireFunction,
  tellStats,
} from '../lowlevel.ts'
import type { Call, ResourceOptions } from '../lowlevel.ts'
import { now } from '../scope/sleep.ts'
import { afterPause } from './after-pause.ts'
import { completeOptions } from './complete-options.ts'

export type CircuitState = 'closed' | 'open' | 'half-open'

export interface CircuitBreakerOptions extends ResourceOptions {
  /** How many failures in a row open it. Default 5. */
  readonly failures?: number
  /** How long it stays open before it tries again, in milliseconds. Default 10 000. */
  readonly cooldown?: number
  /** How many trial calls must succeed, one after the other or at the same time, to close it. Default 1. */
  readonly trials?: number
  /**
   * Whether an error counts as a failure of what is called; if not, the call counts as a success.
   * Default: every one. Never asked about a cancellation.
   */
  readonly isFailure?: (error: unknown) => boolean
  /** Told of each change. What it throws is reported; the call that made the change ends as it would have. */
  readonly onChange?: (state: CircuitState, error?: unknown) => void
}

/**
 * Stops calling a service that keeps failing: after some failures in a row calls throw at once, until a
 * trial call has succeeded.
 *
 *   closed --failures--> open --cooldown--> half-open --trials succeed--> closed
 *                          ^------------------- one fails ---┘
 *
 * Calls that began before a change of state do not count in the new one. Cost: O(1), no timers.
 *
 * @example
 * const breaker = new CircuitBreaker({ failures: 5, cooldown: 10_000 })
 * const page = await breaker.use(() => download(url))
 * @see Nygard, "Release It!"; Polly, cockatiel
 */
export class CircuitBreaker {
  static {
    tellStats(this, ({ state }) => ({ type: 'CircuitBreaker', state }))
  }

  readonly #options: Required<Omit<CircuitBreakerOptions, 'name'>>
  #state: CircuitState = 'closed'
  /** Grows with each change of state: a call knows by it whether its result still matters. */
  #era = 0
  /** Failures in a row while closed, successes while half-open. */
  #inRow = 0
  #running = 0
  #openUntil = 0

  constructor(options: CircuitBreakerOptions = {}) {
    this.#options = completeOptions<Omit<CircuitBreakerOptions, 'name'>>(
      'CircuitBreaker',
      options,
      {
        failures: [requireCount, 5],
        cooldown: [requireDuration, 10_000],
        trials: [requireCount, 1],
        isFailure: [requireFunction, () => true],
        onChange: [requireFunction, () => {}],
      },
    )
    nameResource('CircuitBreaker', this, options)
  }

  /** Half-open from the end of the cooldown on, whether somebody has tried yet or not. */
  get state(): CircuitState {
    return this.#state === 'open' && now() >= this.#openUntil ? 'half-open' : this.#state
  }

  /** Closed, with no failure since the last success and no call under way: a new one would do as well. */
  get idle(): boolean {
    return this.#state === 'closed' && this.#inRow + this.#running === 0
  }

  /**
   * Calls `fn`, unless the circuit is open.
   *
   * Cancellation: reaches `fn`, and counts neither as success nor as failure.
   *
   * @throws CircuitOpenError when it is open, or half-open with all trials under way
   * @throws what `fn` throws
   */
  use<T>(fn: () => PromiseLike<T> | T): Promise<T> {
    const call: Call = { promise: undefined }
    const result = this.#use(fn, call)
    call.promise = result
    return result
  }

  get [Symbol.toStringTag](): string {
    return 'CircuitBreaker'
  }

  async #use<T>(fn: () => PromiseLike<T> | T, call: Call): Promise<T> {
    requireFunction('CircuitBreaker.use: fn', fn)
    this.#enter()
    const era = this.#era
    this.#running += 1
    try {
      const value = await fn()
      if (era === this.#era) this.#succeeded()
      return afterPause(value)
    } catch (error) {
      if (era === this.#era && !isCancelled(error) && isUncancelled()) this.#threw(error)
      return await failing(call, error)
    } finally {
      if (era === this.#era) this.#running -= 1
    }
  }

  #enter(): void {
    if (this.#state === 'closed') return
    const { cooldown, trials } = this.#options
    if (this.#state === 'open') {
      const left = this.#openUntil - now()
      if (left > 0) throw new CircuitOpenError(left)
      this.#become('half-open')
    }
    if (this.#running + this.#inRow >= trials) throw new CircuitOpenError(cooldown)
  }

  #succeeded(): void {
    if (this.#state === 'closed') this.#inRow = 0
    else if (++this.#inRow >= this.#options.trials) this.#become('closed')
  }

  #threw(error: unknown): void {
    const { failures, cooldown, isFailure } = this.#options
    const counts: unknown = isFailure(error) // undefined, say, is no word that it was none
    if (counts === false) {
      this.#succeeded()
    } else if (this.#state === 'half-open' || ++this.#inRow >= failures) {
      this.#openUntil = now() + cooldown
      this.#become('open', error)
    }
  }

  #become(state: CircuitState, error?: unknown): void {
    this.#state = state
    this.#era += 1
    this.#inRow = 0
    this.#running = 0
    try {
      this.#options.onChange(state, error)
    } catch (thrown) {
      report(thrown)
    }
  }
}
