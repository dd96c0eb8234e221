import { refuse, requireOptions } from '../lowlevel.ts'

export interface RetryBudgetOptions {
  /** How many retries there are to begin with, and at the most. */
  readonly max: number
  /** How much of a retry each success gives back. Default 0.1: one retry for ten successes. */
  readonly ratio?: number
}

/**
 * What many calls may spend on retries together. When a service is down and every call fails, retries only
 * make it worse: each retry takes one from the budget, a success returns a little, and while less than one
 * is left a failure is final.
 *
 * Cost: two numbers; no time is involved.
 *
 * @example
 * const budget = new RetryBudget({ max: 20 })
 * await retry(() => call(), { budget })
 * @see gRPC's retry throttling, Finagle's RetryBudget
 */
export class RetryBudget {
  readonly #max: number
  readonly #ratio: number
  #left: number

  constructor(options: RetryBudgetOptions) {
    requireOptions('RetryBudget', options)
    const { max, ratio = 0.1 } = options
    requireAmount('RetryBudget: max', max)
    requireAmount('RetryBudget: ratio', ratio)
    this.#max = max
    this.#ratio = ratio
    this.#left = max
  }

  /** How many retries are left, not always a whole number. */
  get left(): number {
    return this.#left
  }

  /** Takes one retry; false when none is left. */
  tryTake(): boolean {
    if (this.#left < 1) return false
    this.#left -= 1
    return true
  }

  /** A call succeeded. */
  succeeded(): void {
    this.#left = Math.min(this.#max, this.#left + this.#ratio)
  }
}

function requireAmount(where: string, amount: number): void {
  if (typeof amount !== 'number' || !(amount >= 0)) refuse(where, 'a number of at least 0', amount)
}
