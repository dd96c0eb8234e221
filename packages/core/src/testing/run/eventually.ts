import { requireFunction } from '../../kernel/guard.ts'
import { askNow } from './ask-now.ts'
import { currentDriver } from './current-driver.ts'
import { InvariantError } from './invariant-error.ts'

/**
 * Says what must hold at some time from now on: at one moment, at least, at which everybody waits, until
 * the main task has returned.
 *
 * @param what the sentence that the failure shows
 * @throws InvariantError out of the run
 * @throws MisuseError outside a test run
 * @example
 * eventually('every worker has had work', () => workers.every((worker) => worker.jobs > 0))
 */
export function eventually(what: string, holds: () => boolean): void {
  requireFunction('eventually: holds', holds)
  const driver = currentDriver('eventually')
  let held = false
  driver.outcome.invariants.push(() => {
    held ||= askNow('eventually', holds)
  })
  driver.outcome.eventualities.push(() => {
    if (!held) throw new InvariantError(`eventually: ${what}: was never true`)
  })
}
