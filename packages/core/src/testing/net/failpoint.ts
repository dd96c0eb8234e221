import { CorralError } from '../../errors.ts'
import { currentScope, isUncancelled } from '../../kernel/current.ts'
import { requireFunction, requireName } from '../../kernel/guard.ts'
import { Waiter } from '../../kernel/records.ts'
import { ready, suspend } from '../../kernel/suspend.ts'
import { driverOf } from '../run/current-driver.ts'
import type { Fault } from './fault.ts'

/** A place where a test may make something go wrong, in one way or another. */
export class Failpoint {
  readonly name: string
  readonly faults: readonly Fault['kind'][]

  constructor(name: string, faults: readonly Fault['kind'][] = ['f']) {
    this.name = name
    this.faults = faults
  }
}

/** What a failpoint throws when the test makes it fail and it was given no error of its own. */
export class FailpointError extends CorralError {
  declare readonly code: 'FAILPOINT'

  constructor(name: string) {
    super('FAILPOINT', `failpoint: ${name} failed because the test wanted it to`)
  }

  static {
    this.prototype.name = 'FailpointError'
  }
}

/**
 * Marks a place in the program: something that takes time and may fail, such as a commit. Under
 * `explore` others may go on here, the strategy `fail` makes it throw, and reports call the place by
 * its name. Outside a test it does nothing, at the cost of one look at the current scope.
 *
 * Cancellation: throws `Cancelled` in a test.
 *
 * @param error makes what it throws when it fails
 * @param name a word or two, for reports
 * @throws FailpointError when the test makes it fail
 * @example
 * await failpoint('db.commit')
 * @see FreeBSD's fail(9)
 */
export async function failpoint(name: string, error?: () => unknown): Promise<void> {
  const driver = driverOf(currentScope().runtime)
  if (driver === undefined) return
  requireName('failpoint: name', name)
  if (error !== undefined) requireFunction('failpoint: error', error)
  const point = new Failpoint(name)
  await (isUncancelled() ? ready(name, point, undefined) : suspend(new Waiter(name, point)))
  if (driver.faults?.at(point) === 'f') {
    throw error === undefined ? new FailpointError(name) : error()
  }
}
