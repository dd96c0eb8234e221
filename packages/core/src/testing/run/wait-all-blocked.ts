import { Waiter } from '../../kernel/records.ts'
import { suspend } from '../../kernel/suspend.ts'
import { currentDriver } from './current-driver.ts'

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
export async function waitAllBlocked(): Promise<void> {
  await suspend(
    new Waiter('waitAllBlocked', undefined, currentDriver('waitAllBlocked').idleWaiters),
  )
}
