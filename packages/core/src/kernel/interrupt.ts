import { Cancelled } from '../errors.ts'
import type { ScopeNode, Waiter } from './records.ts'
import { unlink } from './scope-waiters.ts'
import { settleWithError } from './settle.ts'

/**
 * Gives up every wait of the scopes that a cancellation has reached. First all of them leave their
 * lines, then those behind them are served: nothing is granted to a waiter of the same cancellation.
 */
export function interrupt(scopes: readonly ScopeNode[]): void {
  const given: Waiter<never>[] = []
  for (const scope of scopes) {
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
  for (const waiter of given) {
    waiter.line?.left?.(waiter)
    const reason = waiter.scope?.governor?.reason
    settleWithError(waiter, () => {
      const error = new Cancelled(reason)
      // Only now: the engine's async stack follows a promise that has one reaction, not two.
      void handled(waiter.promise as Promise<unknown>)
      return error
    })
  }
  for (const scope of scopes) scope.controller?.abort(new Cancelled(scope.governor?.reason))
}

/** A rejection caused by cancellation is nobody's fault: it is never reported as unhandled. */
export function handled<T>(promise: Promise<T>): Promise<T> {
  promise.then(undefined, ignore)
  return promise
}

function ignore(): void {}
