import { Cancelled } from '../errors.ts'
import { currentScope, uncancelled } from '../kernel/current.ts'
import { Waiter } from '../kernel/records.ts'
import { ready, suspend } from '../kernel/suspend.ts'

/**
 * Gives others a turn, and a pending cancellation its effect: for long loops that wait for nothing else.
 *
 * Cancellation: throws `Cancelled` in a cancelled scope.
 */
export function checkpoint(): Promise<void> {
  if (uncancelled()) return ready('checkpoint', undefined, undefined)
  return suspend(new Waiter('checkpoint'))
}

/**
 * Throws in a cancelled scope, and does nothing else: for code that cannot wait.
 *
 * @throws Cancelled
 */
export function throwIfCancelled(): void {
  const { governor } = currentScope()
  if (governor !== undefined) throw new Cancelled(governor.reason)
}
