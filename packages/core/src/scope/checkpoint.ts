import { Cancelled } from '../errors.ts'
import { checkClockSoon } from '../kernel/settle.ts'
import { currentScope, isUncancelled } from '../kernel/current.ts'
import { emit, listeners, observed } from '../kernel/hooks.ts'
import { Waiter } from '../kernel/records.ts'
import { ready, suspend } from '../kernel/suspend.ts'

/**
 * Gives others a turn and lets a pending cancellation take effect: for long loops that never wait
 * otherwise.
 *
 * Cancellation: throws `Cancelled` in a cancelled scope.
 */
export function checkpoint(): Promise<void> {
  checkClockSoon() // much may have been computed since the one before
  if (isUncancelled()) return ready('checkpoint', undefined, undefined)
  return suspend(new Waiter('checkpoint'))
}

/**
 * Throws in a cancelled scope, and does nothing else: for code that cannot wait.
 *
 * @throws Cancelled
 */
export function throwIfCancelled(): void {
  const scope = currentScope()
  if (scope.cancelledBy === undefined) return
  if (observed) emit(listeners.waitRejected, scope)
  throw new Cancelled(scope.cancelledBy.reason)
}
