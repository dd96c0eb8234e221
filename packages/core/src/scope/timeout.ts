import { requireDuration, requireFunction, requireMoment } from '../kernel/guard.ts'
import { setDeadline } from '../kernel/cancellation.ts'
import { CancelScope, inTime } from './cancel-scope.ts'
import type { Body } from './cancel-scope.ts'
import { openScope, scoped, valueOrThrow } from './scoped.ts'
import { now } from './sleep.ts'

/**
 * Runs `fn` and gives it `ms` milliseconds. When they are over, `fn` is cancelled, its cleanup is
 * awaited, and then `TimeoutError` is thrown. Work that finished in time wins.
 *
 * Cancellation: a cancellation from outside propagates as `Cancelled`, and so does one of the scope that
 * `fn` receives: there is no value to return.
 *
 * @param ms at least 0; `Infinity` for no limit
 * @throws TimeoutError when the time was over
 * @throws what `fn` throws; if it threw while being cancelled, the timeout is at the end of its cause chain
 * @example
 * const page = await timeout(1000, () => download(url))
 * @see asyncio.timeout, trio.fail_after
 */
export function timeout<T>(ms: number, fn: Body<T>): Promise<T> {
  try {
    requireDuration('timeout: ms', ms)
    requireFunction('timeout: fn', fn)
  } catch (error) {
    return Promise.reject(error)
  }
  const node = openScope('timeout')
  const start = now()
  setDeadline(node, start + ms, start)
  return scoped(node, inTime('timeout', fn), CancelScope.of(node), valueOrThrow, ms)
}

/**
 * `timeout` with a moment in place of a duration.
 *
 * Cancellation: as `timeout`.
 *
 * @param epochMs milliseconds since the epoch; `Infinity` for no limit
 * @throws TimeoutError when the moment was reached
 */
export function timeoutAt<T>(epochMs: number, fn: Body<T>): Promise<T> {
  try {
    requireMoment('timeoutAt: epochMs', epochMs)
  } catch (error) {
    return Promise.reject(error)
  }
  return timeout(Math.max(0, epochMs - now()), fn)
}
