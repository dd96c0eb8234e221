import { Cancelled } from '../errors.ts'
import type { ScopeNode, Waiter } from './records.ts'
import { unlinkFromRing } from './scope-waiters.ts'
import { settle, rejectViaAsyncFrame } from './settle.ts'

/** A stack costs more than all the rest of a cancellation: of a larger crowd only the first have one. */
const STACKS = 100

/**
 * Gives up every wait of the scopes that a cancellation has reached. First all of them leave their
 * lines, then those behind them are served: nothing is granted to a waiter of the same cancellation.
 */
export function deliverCancellation(scopes: readonly ScopeNode[]): void {
  const given: Waiter<never>[] = []
  for (const scope of scopes) removeWaiters(scope, given)
  let traced = 0
  for (const waiter of given) {
    waiter.line?.left?.(waiter)
    const reason = waiter.scope?.cancelledBy?.reason
    const error = (): Cancelled => {
      const cancelled = new Cancelled(reason)
      // Only now: the engine's async stack follows a promise that has one reaction, not two.
      void markHandled(waiter.promise as Promise<unknown>)
      return cancelled
    }
    settle(waiter, traced++ < STACKS ? rejectViaAsyncFrame(error) : rejectWithoutStack(error))
  }
  for (const scope of scopes) scope.controller?.abort(new Cancelled(scope.cancelledBy?.reason))
}

function removeWaiters(scope: ScopeNode, given: Waiter<never>[]): void {
  let waiter = scope.firstWaiter
  while (waiter !== undefined) {
    const next = waiter.scopeNext
    if (!waiter.shielded) {
      unlinkFromRing(scope, waiter)
      waiter.line?.remove(waiter)
      waiter.state = 'cancelled'
      given.push(waiter)
    }
    waiter = next
  }
}

/** The same without a frame, and so without the stack of the one who waits: for a crowd. */
function rejectWithoutStack(error: () => Cancelled): PromiseLike<never> {
  const thrower = {
    then(_: unknown, reject: (error: unknown) => void) {
      const limit = Error.stackTraceLimit
      Error.stackTraceLimit = 0
      const untraced = error()
      Error.stackTraceLimit = limit
      reject(untraced)
    },
  }
  return thrower as PromiseLike<never>
}

/** A rejection caused by cancellation is nobody's fault: it is never reported as unhandled. */
export function markHandled<T>(promise: Promise<T>): Promise<T> {
  promise.then(undefined, ignore)
  return promise
}

function ignore(): void {}
