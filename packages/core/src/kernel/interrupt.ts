import { Cancelled } from '../errors.ts'
import type { ScopeNode, Waiter } from './records.ts'
import { unlink } from './scope-waiters.ts'
import { settle, throwing } from './settle.ts'

/** A stack costs more than all the rest of a cancellation: of a larger crowd only the first have one. */
const TRACED = 100

/**
 * Gives up every wait of the scopes that a cancellation has reached. First all of them leave their
 * lines, then those behind them are served: nothing is granted to a waiter of the same cancellation.
 */
export function interrupt(scopes: readonly ScopeNode[]): void {
  const given: Waiter<never>[] = []
  for (const scope of scopes) giveUp(scope, given)
  let traced = 0
  for (const waiter of given) {
    waiter.line?.left?.(waiter)
    const reason = waiter.scope?.governor?.reason
    const error = (): Cancelled => {
      const cancelled = new Cancelled(reason)
      // Only now: the engine's async stack follows a promise that has one reaction, not two.
      void handled(waiter.promise as Promise<unknown>)
      return cancelled
    }
    settle(waiter, traced++ < TRACED ? throwing(error) : throwingUntraced(error))
  }
  for (const scope of scopes) scope.controller?.abort(new Cancelled(scope.governor?.reason))
}

function giveUp(scope: ScopeNode, given: Waiter<never>[]): void {
  let waiter = scope.firstWaiter
  while (waiter !== undefined) {
    const next = waiter.scopeNext
    if (!waiter.shielded) {
      unlink(scope, waiter)
      waiter.line?.remove(waiter)
      waiter.state = 'cancelled'
      given.push(waiter)
    }
    waiter = next
  }
}

/** The same without a frame, and so without the stack of the one who waits: for a crowd. */
function throwingUntraced(error: () => Cancelled): PromiseLike<never> {
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
export function handled<T>(promise: Promise<T>): Promise<T> {
  promise.then(undefined, ignore)
  return promise
}

function ignore(): void {}
