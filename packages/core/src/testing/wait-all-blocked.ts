import { MisuseError } from '../errors.ts'
import { currentScope } from '../kernel/current.ts'
import { Waiter } from '../kernel/records.ts'
import { suspend } from '../kernel/suspend.ts'
import { driverOf } from './driver.ts'

/**
 * Waits until every other task of the test waits, before time moves on. It makes sleeping in tests
 * unnecessary: after it the tasks have got as far as they can at this moment.
 *
 * Cancellation: throws `Cancelled`.
 *
 * @throws MisuseError outside a test run
 * @example
 * const task = spawn(() => queue.get())
 * await waitAllBlocked()
 * queue.tryPut('now somebody waits for it')
 * @see trio.testing.wait_all_tasks_blocked
 */
export function waitAllBlocked(): Promise<void> {
  const driver = driverOf(currentScope().runtime)
  if (driver === undefined) {
    return Promise.reject(
      new MisuseError('waitAllBlocked: only a test run knows who waits; call it inside testRun'),
    )
  }
  return suspend(new Waiter('waitAllBlocked', undefined, driver.bystanders))
}
