import { Cancelled } from '../errors.ts'
import { markHandled } from './cancellation.ts'
import { currentScope } from './current.ts'
import { emit, listeners, observed } from './hooks.ts'
import { waitInterceptor } from './intercept.ts'
import { activeSchedulers, Waiter } from './records.ts'
import type { ScopeNode } from './records.ts'
import { cachedNow, rejectViaAsyncFrame, settle, takeBudget } from './settle.ts'
import type { WaitQueue } from './wait-queue.ts'
import { linkToScope, unlinkFromScope } from './wait-queue.ts'

/**
 * Waits: the one way in. The waiter joins its line; whoever grants it calls `wake`.
 *
 * Cancellation: in a cancelled scope it rejects at once and joins no line. Cancelled while it waits,
 * it leaves its line and rejects. Granted first, it is granted: the cancellation surfaces at the next call.
 *
 * @param scope the current scope, from a caller that has looked it up already
 */
export function suspend<T>(waiter: Waiter<T>, scope: ScopeNode = currentScope()): Promise<T> {
  if (scope.cancelledBy !== undefined && !waiter.shielded) return rejectCancelled(waiter, scope)
  const promise = beginWait(waiter, scope)
  if (waitInterceptor === undefined || waiter.shielded) waiter.line?.add(waiter)
  else waitInterceptor(waiter)
  return promise
}

/**
 * Rejects at once. But code that takes no notice, and asks again and again, must not keep everybody else out:
 * it is told in the next macrotask then, or when the scheduler says so.
 */
function rejectCancelled<T>({ kind, resource }: Waiter<T>, scope: ScopeNode): Promise<T> {
  if (observed) emit(listeners.waitRejected, scope)
  const error = (): Cancelled => new Cancelled(scope.cancelledBy?.reason)
  const { scheduler } = scope.runtime
  const throttled = scheduler === undefined ? !takeBudget() : scheduler.shouldThrottle()
  return markHandled(
    throttled
      ? grantedWait<T>(kind, resource, rejectViaAsyncFrame(error), scope)
      : Promise.reject(error()),
  )
}

/**
 * Grants: the one way out. Takes effect at most once; false when the waiter is no longer waiting.
 */
export function wake<T>(waiter: Waiter<T>, value: T | PromiseLike<never>): boolean {
  if (waiter.state !== 'waiting') return false
  waiter.state = 'granted'
  unlinkFromScope(waiter)
  waiter.line?.remove(waiter)
  settle(waiter, value)
  return true
}

/** Grants an error: the wait throws what `error` makes, with a stack that shows where it waited. */
export function wakeWithError<T>(waiter: Waiter<T>, error: () => unknown): boolean {
  return wake(waiter, rejectViaAsyncFrame(error))
}

/**
 * The result of a call that need not wait. It costs a counter, until this macrotask has had its share
 * of ready calls: then it waits for the next one, so that timers and I/O have their turn.
 *
 * @param scope the current scope, from a caller that has looked it up already
 */
export function ready<T>(
  kind: string,
  resource: object | undefined,
  value: T,
  scope?: ScopeNode,
): Promise<T> {
  if (takeBudget() && (activeSchedulers === 0 || !hasScheduler(scope))) {
    return Promise.resolve(value)
  }
  return grantedWait(kind, resource, value, scope ?? currentScope())
}

/**
 * For calls that have come to their end without a wait of ours: when this macrotask has had its share of
 * them, what to wait for before they return. It never fails.
 *
 * @param scope the current scope, from a caller that has looked it up already
 */
export function yieldIfDue(scope?: ScopeNode): Promise<void> | undefined {
  if ((activeSchedulers > 0 && hasScheduler(scope)) || takeBudget()) return undefined
  return ready('pause', undefined, undefined, scope)
}

function hasScheduler(scope: ScopeNode = currentScope()): boolean {
  return scope.runtime.scheduler !== undefined
}

let resolver: ((value: never) => void) | undefined
function capture(resolve: (value: never) => void): void {
  resolver = resolve
}

/** A wait that is over before anybody else could end it; when that takes effect is not for us to say. */
function grantedWait<T>(
  kind: string,
  resource: object | undefined,
  value: T | PromiseLike<never>,
  scope: ScopeNode,
): Promise<T> {
  const waiter = new Waiter<T>(kind, resource, undefined, undefined, true)
  const promise = beginWait(waiter, scope)
  wake(waiter, value)
  return promise
}

function beginWait<T>(waiter: Waiter<T>, scope: ScopeNode): Promise<T> {
  const promise = new Promise<T>(capture)
  waiter.settle = resolver as typeof waiter.settle
  waiter.promise = promise
  waiter.scope = scope
  waiter.since = (activeSchedulers > 0 ? 0 : cachedNow) || scope.runtime.clock.now()
  waiter.state = 'waiting'
  linkToScope(scope, waiter)
  if (observed) emit(listeners.waiting, waiter)
  return promise
}

/** Grants `value` to everybody in line, first come first served. */
export function wakeAll<T>(line: WaitQueue<T>, value: T): void {
  for (let waiter = line.first; waiter !== undefined; waiter = line.first) wake(waiter, value)
}

/** Everybody in line gets an error, which `error` makes for the call that waits, such as `Lock.acquire`. */
export function failAll(line: Iterable<Waiter<never>>, error: (kind: string) => unknown): void {
  for (const waiter of line) wakeWithError(waiter, () => error(waiter.kind))
}
