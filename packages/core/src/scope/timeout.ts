import { TimeoutError } from '../errors.ts'
import { inside } from '../kernel/context.ts'
import { refused, requireDuration, requireFunction, requireMoment } from '../kernel/guard.ts'
import type { ScopeNode } from '../kernel/records.ts'
import { closeScope, setDeadline } from '../kernel/scope-tree.ts'
import { absorbs, openScope } from './scoped.ts'
import { now } from './sleep.ts'

/**
 * Runs `fn` and gives it `ms` milliseconds. When they are over, `fn` is cancelled, its cleanup is
 * awaited, and then `TimeoutError` is thrown. Work that finished in time wins.
 *
 * Cancellation: a cancellation from outside goes on its way as `Cancelled`.
 *
 * @param ms at least 0; `Infinity` for no limit
 * @throws TimeoutError when the time was over
 * @throws what `fn` throws; if it threw while being cancelled, the timeout is at the end of its cause chain
 * @example
 * const page = await timeout(1000, () => download(url))
 * @see asyncio.timeout, trio.fail_after
 */
export function timeout<T>(ms: number, fn: () => PromiseLike<T> | T): Promise<T> {
  if (!(ms >= 0) || typeof fn !== 'function')
    return refused(() => {
      requireDuration('timeout: ms', ms)
      requireFunction('timeout: fn', fn)
    })
  const start = now()
  return within(start + ms, ms, start, fn)
}

/**
 * `timeout` with a moment in place of a duration.
 *
 * @param epochMs milliseconds since the epoch; `Infinity` for no limit
 */
export function timeoutAt<T>(epochMs: number, fn: () => PromiseLike<T> | T): Promise<T> {
  if (!(epochMs >= -Infinity) || typeof fn !== 'function')
    return refused(() => {
      requireMoment('timeoutAt: epochMs', epochMs)
      requireFunction('timeoutAt: fn', fn)
    })
  const start = now()
  return within(epochMs, Math.max(0, epochMs - start), start, fn)
}

async function within<T>(
  at: number,
  ms: number,
  start: number,
  fn: () => PromiseLike<T> | T,
): Promise<T> {
  const node = openScope('timeout')
  setDeadline(node, at, start)
  try {
    return await inside(node, fn, undefined as never)
  } catch (error) {
    if (absorbs(node, error) && cutShort(node)) throw new TimeoutError(ms)
    if (node.expired && node.governor === node) blame(error, new TimeoutError(ms))
    throw error
  } finally {
    closeScope(node)
  }
}

/** Whether it was the deadline of this very scope that ended the work. */
export function cutShort(node: ScopeNode): boolean {
  return node.caught && node.expired
}

/** Puts the timeout at the end of the cause chain of what the cleanup threw. */
function blame(error: unknown, cause: TimeoutError): void {
  const seen = new Set<unknown>()
  let last = error
  while (last instanceof Error && last.cause !== undefined && !seen.has(last)) {
    seen.add(last)
    last = last.cause
  }
  if (!(last instanceof Error) || last.cause !== undefined || !Object.isExtensible(last)) return
  Object.defineProperty(last, 'cause', { value: cause, configurable: true, writable: true })
}
