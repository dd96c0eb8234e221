import { requireFunction } from '../../kernel/guard.ts'
import { askNow } from './ask-now.ts'
import { currentDriver } from './current-driver.ts'
import { InvariantError } from './invariant-error.ts'

/**
 * Says what must hold from now on, whenever everybody waits. When it does not, the run fails at once:
 * the last line of the report is the step that broke it.
 *
 * @param what the sentence that the failure shows
 * @throws InvariantError out of the run
 * @throws MisuseError outside a test run
 * @example
 * always('no more than three connections', () => pool.open <= 3)
 */
export function always(what: string, holds: () => boolean): void {
  requireFunction('always: holds', holds)
  currentDriver('always').outcome.invariants.push(() => {
    if (!askNow('always', holds)) throw new InvariantError(`always: ${what}: no longer true`)
  })
}
