import { Cancelled, TimeoutError } from '../errors.ts'
import { requireDuration, requireFunction, requireMoment } from '../kernel/guard.ts'
import { setDeadline } from '../kernel/cancellation.ts'
import { CancelScope } from './cancel-scope.ts'
import type { Body } from './cancel-scope.ts'
import { CUT, openScope, scoped } from './scoped.ts'
import { now } from './sleep.ts'

/**
 * Runs `fn` and gives it `ms` milliseconds. When they are over, `fn` is cancelled, its cleanup is
 * awaited, and then `TimeoutError` is thrown. Work that finished in time wins.
 *
 * Cancellation: a cancellation from outside goes on its way as `Cancelled`, and so does one of the scope
 * that is handed to `fn`: there is no value to return.
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
  return scoped(
    node,
    fn,
    CancelScope.of(node),
    (value) => {
      if (node.caught && node.expired) throw new TimeoutError(ms)
      if (value === CUT) throw new Cancelled(node.reason) // by hand: there is no value
      return value
    },
    (error) => {
      const { expired, cancelledBy } = node
      if (expired && cancelledBy === node) appendCause(error, new TimeoutError(ms))
    },
  )
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

/** Puts the timeout at the end of the cause chain of what the cleanup threw. */
function appendCause(error: unknown, cause: TimeoutError): void {
  try {
    appendTo(error, cause)
  } catch {
    // It takes none: a revoked Proxy, say.
  }
}

function appendTo(error: unknown, cause: TimeoutError): void {
  const seen = new Set<unknown>()
  let last = error
  while (last instanceof Error && last.cause instanceof Error && !seen.has(last)) {
    if (last.cause instanceof TimeoutError) return
    seen.add(last)
    last = last.cause
  }
  if (!(last instanceof Error) || seen.has(last) || !canTakeCause(last)) return
  Object.defineProperty(last, 'cause', { value: cause, configurable: true, writable: true })
}

/** Without a cause, or with one that is only the text of why its scope was cancelled. */
function canTakeCause(error: Error): boolean {
  const own = Object.getOwnPropertyDescriptor(error, 'cause')
  if (own === undefined) return Object.isExtensible(error)
  return own.configurable === true && (own.value === undefined || error instanceof Cancelled)
}
