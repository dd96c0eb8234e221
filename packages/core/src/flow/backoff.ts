import { currentScope, refuse, requireDuration, requireOptions } from '../lowlevel.ts'

export interface ExponentialOptions {
  /** The first delay, in milliseconds. */
  readonly base: number
  /** The longest delay, in milliseconds. Default 30 000. */
  readonly max?: number
  /** What each delay is multiplied by to give the next one, at least 1. Default 2. */
  readonly factor?: number
  /**
   * The share of a delay that is left to chance, from 0 (none) to 1 (anything between nothing and the
   * delay); `true` is 1, `false` is 0. Default 0.5: between half the delay and all of it.
   */
  readonly jitter?: number | boolean
}

/**
 * Delays that grow: base, base * factor, base * factor², ... up to `max`, without end. Part of each is
 * random, so that callers which failed together do not retry together. Iterating it again starts over;
 * random numbers come from the runtime, so a test run repeats them.
 *
 * @throws MisuseError for options out of range
 * @example
 * await retry(call, { backoff: exponential({ base: 100, max: 5000 }) })
 * @see AWS Architecture Blog, "Exponential Backoff And Jitter"
 */
export function exponential(options: ExponentialOptions): Iterable<number> {
  requireOptions('exponential', options)
  const { base, max = 30_000, factor = 2, jitter = 0.5 } = options
  const chance = Number(jitter)
  requireDuration('exponential: base', base)
  requireDuration('exponential: max', max)
  if (typeof factor !== 'number' || !(factor >= 1)) {
    refuse('exponential: factor', 'a number of at least 1', factor)
  }
  if (!(chance >= 0 && chance <= 1)) {
    refuse('exponential: jitter', 'a number from 0 to 1, true or false', jitter)
  }
  return {
    *[Symbol.iterator]() {
      for (let delay = Math.min(base, max); ; delay = Math.min(delay * factor, max)) {
        yield chance === 0 ? delay : delay * (1 - chance * currentScope().runtime.random())
      }
    },
  }
}

/**
 * The same delay again and again, without end.
 *
 * @param ms at least 0
 * @example
 * await retry(call, { attempts: 5, backoff: fixed(1000) })
 */
export function fixed(ms: number): Iterable<number> {
  requireDuration('fixed: ms', ms)
  return {
    *[Symbol.iterator]() {
      for (;;) yield ms
    },
  }
}
