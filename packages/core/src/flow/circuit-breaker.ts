import { CircuitOpenError, isCancelled } from '../errors.ts'
import {
  currentScope,
  pause,
  requireCount,
  requireDuration,
  requireFunction,
  uncancelled,
} from '../lowlevel.ts'

export type CircuitState = 'closed' | 'open' | 'half-open'

export interface CircuitBreakerOptions {
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
  /** Told of each change. */
  readonly onChange?: (state: CircuitState, error?: unknown) => void
}

/**
 * Spares a service that fails, and those who would wait for it: after some failures in a row calls
 * throw at once, until a trial call has succeeded.
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
  readonly #failures: number
  readonly #cooldown: number
  readonly #trials: number
  readonly #isFailure: ((error: unknown) => boolean) | undefined
  readonly #onChange: ((state: CircuitState, error?: unknown) => void) | undefined
  #state: CircuitState = 'closed'
  /** Grows with each change of state: a call knows by it whether its result still matters. */
  #era = 0
  #failed = 0
  #succeeded = 0
  #running = 0
  #openUntil = 0

  constructor(options: CircuitBreakerOptions = {}) {
    const { failures = 5, cooldown = 10_000, trials = 1, isFailure, onChange } = options
    requireCount('CircuitBreaker: failures', failures)
    requireDuration('CircuitBreaker: cooldown', cooldown)
    requireCount('CircuitBreaker: trials', trials)
    if (isFailure !== undefined) requireFunction('CircuitBreaker: isFailure', isFailure)
    if (onChange !== undefined) requireFunction('CircuitBreaker: onChange', onChange)
    this.#failures = failures
    this.#cooldown = cooldown
    this.#trials = trials
    this.#isFailure = isFailure
    this.#onChange = onChange
  }

  /** Half-open from the end of the cooldown on, whether somebody has tried yet or not. */
  get state(): CircuitState {
    return this.#state === 'open' && clockNow() >= this.#openUntil ? 'half-open' : this.#state
  }

  /** Closed, with no failure since the last success and no call under way: a new one would do as well. */
  get idle(): boolean {
    return this.#state === 'closed' && this.#failed === 0 && this.#running === 0
  }

  /**
   * Calls `fn`, unless the circuit is open.
   *
   * Cancellation: reaches `fn`, and counts neither as success nor as failure.
   *
   * @throws CircuitOpenError when it is open, or half-open with all trials under way
   * @throws what `fn` throws
   */
  async use<T>(fn: () => PromiseLike<T> | T): Promise<T> {
    requireFunction('CircuitBreaker.use: fn', fn)
    this.#enter()
    const era = this.#era
    this.#running += 1
    let value: T
    try {
      value = await fn()
      if (era === this.#era) this.#success()
    } catch (error) {
      if (era === this.#era) this.#threw(error)
      throw error
    } finally {
      if (era === this.#era) this.#running -= 1
    }
    const rest = pause()
    if (rest !== undefined) await rest
    return value
  }

  get [Symbol.toStringTag](): string {
    return 'CircuitBreaker'
  }

  #enter(): void {
    if (this.#state === 'closed') return
    if (this.#state === 'open') {
      const left = this.#openUntil - clockNow()
      if (left > 0) throw new CircuitOpenError(left)
      this.#become('half-open')
    }
    if (this.#running + this.#succeeded >= this.#trials) throw new CircuitOpenError(this.#cooldown)
  }

  #success(): void {
    this.#failed = 0
    if (this.#state === 'half-open' && ++this.#succeeded >= this.#trials) this.#become('closed')
  }

  #threw(error: unknown): void {
    if (isCancelled(error) || !uncancelled()) return
    if (this.#isFailure?.(error) === false) this.#success()
    else this.#failure(error)
  }

  #failure(error: unknown): void {
    this.#failed += 1
    if (this.#state === 'closed' && this.#failed < this.#failures) return
    this.#openUntil = clockNow() + this.#cooldown
    this.#become('open', error)
  }

  #become(state: CircuitState, error?: unknown): void {
    this.#state = state
    this.#era += 1
    this.#failed = 0
    this.#succeeded = 0
    this.#running = 0
    this.#onChange?.(state, error)
  }
}

function clockNow(): number {
  return currentScope().runtime.clock.now()
}
