import { CircuitOpenError, InternalError, isCancelled, MisuseError } from '../errors.ts'
import {
  failing,
  isUncancelled,
  refuse,
  requireDuration,
  requireFunction,
  requireLimit,
  requireOptions,
} from '../lowlevel.ts'
import type { Call } from '../lowlevel.ts'
import { throwIfCancelled } from '../scope/checkpoint.ts'
import { sleep } from '../scope/sleep.ts'
import { afterPause } from './after-pause.ts'
import { exponential } from './backoff.ts'
import type { RetryBudget } from './retry-budget.ts'

export interface RetryOptions {
  /** How often `fn` is called, at the most; `Infinity` for no limit. Default 3. */
  readonly attempts?: number
  /** The delays between attempts, in milliseconds; when they end, so do the attempts. Default `exponential({ base: 100 })`. */
  readonly backoff?: Iterable<number>
  /** Whether this error is worth another attempt. Default: all but misuse. Never asked about a cancellation. */
  readonly shouldRetry?: (error: unknown, attempt: number) => boolean
  /**
   * A delay for this error in place of the `planned` one, such as a server's Retry-After; undefined
   * leaves it as planned. After a `CircuitOpenError` the breaker's `retryAfter` is planned.
   */
  readonly delay?: (error: unknown, attempt: number, planned: number) => number | undefined
  /** Told before each wait: the error, the attempt that failed (from 1), the delay in milliseconds. */
  readonly onRetry?: (error: unknown, attempt: number, delay: number) => PromiseLike<void> | void
  /** Shared with other calls: when it is used up, a failure is final. */
  readonly budget?: RetryBudget
}

const usual = exponential({ base: 100 })

/**
 * Calls `fn` until it succeeds, with a delay after each failure. `fn` receives the number of the attempt,
 * from 1. To limit the time of each attempt put a `timeout` inside; to limit all of them, put one around.
 *
 * A call refused by an open circuit breaker was not made: it costs no attempt, no delay of `backoff` and
 * none of `budget`. To give up at once instead, return false from `shouldRetry`.
 *
 * Cancellation: ends the attempt or the delay, and is never retried. An attempt that fails in a
 * cancelled scope is the last one, and its error is thrown.
 *
 * @throws the error of the last attempt, as it is
 * @example
 * const page = await retry(() => download(url), { attempts: 5, backoff: exponential({ base: 200 }) })
 * @see tenacity, p-retry
 */
export function retry<T>(
  fn: (attempt: number) => PromiseLike<T> | T,
  options: RetryOptions = {},
): Promise<T> {
  const call: Call = { promise: undefined }
  const result = callUntilItSucceeds(fn, options, call)
  call.promise = result
  return result
}

async function callUntilItSucceeds<T>(
  fn: (attempt: number) => PromiseLike<T> | T,
  options: RetryOptions,
  call: Call,
): Promise<T> {
  requireFunction('retry: fn', fn)
  requireOptions('retry', options)
  const { attempts = 3, backoff = usual, shouldRetry = isNoMisuse, budget } = options
  requireLimit('retry: attempts', attempts)
  if (typeof backoff?.[Symbol.iterator] !== 'function') {
    refuse('retry: backoff', 'an iterable of milliseconds', backoff)
  }
  let delays: Iterator<number> | undefined
  try {
    throwIfCancelled()
    for (let attempt = 1; ;) {
      try {
        const value = await fn(attempt)
        budget?.succeeded()
        return afterPause(value)
      } catch (error) {
        const refused = error instanceof CircuitOpenError
        const final = (attempt >= attempts && !refused) || isCancelled(error) || !isUncancelled()
        if (final || !shouldRetry(error, attempt)) throw error
        let planned: number
        if (refused) {
          planned = Math.max(error.retryAfter, 1)
        } else {
          delays ??= backoff[Symbol.iterator]()
          const next = delays.next()
          if (next.done === true || budget?.tryTake() === false) throw error
          planned = next.value
        }
        const delay = options.delay?.(error, attempt, planned) ?? planned
        checkDelay(delay, error)
        await options.onRetry?.(error, attempt, delay)
        await sleep(delay)
        if (!refused) attempt += 1
      }
    }
  } catch (error) {
    return await failing(call, error)
  } finally {
    delays?.return?.()
  }
}

/** A delay that cannot be is misuse; what failed before it is not lost. */
function checkDelay(delay: number, cause: unknown): void {
  try {
    requireDuration('retry: delay', delay)
  } catch (misuse) {
    throw new MisuseError((misuse as MisuseError).message, { cause })
  }
}

function isNoMisuse(error: unknown): boolean {
  return !(error instanceof MisuseError || error instanceof InternalError)
}
