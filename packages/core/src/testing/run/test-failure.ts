import { CorralError } from '../../errors.ts'

export type TestFailureCode =
  | 'DEADLOCK'
  | 'FOREIGN'
  | 'LEAK'
  | 'LIVELOCK'
  | 'NONDETERMINISM'
  | 'STUCK'
  | 'TIMEOUT'
  | 'UNHANDLED'

/**
 * What a test run fails with when it is not the program that threw: nobody could go on (`DEADLOCK`),
 * something foreign never came (`FOREIGN`), something was left over (`LEAK`), it never came to rest
 * (`LIVELOCK`), its cleanup never ended (`STUCK`), it does not do the same twice (`NONDETERMINISM`),
 * its time was up (`TIMEOUT`), or a promise was rejected and nobody handled it (`UNHANDLED`).
 * `report` says who waits for what.
 */
export class TestFailure extends CorralError {
  declare readonly code: TestFailureCode
  /** The wait report or the list of leftovers, a line each. */
  readonly report: string

  constructor(code: TestFailureCode, message: string, report: string, options?: ErrorOptions) {
    super(code, report === '' ? message : `${message}\n${report}`, options)
    this.report = report
  }

  static {
    this.prototype.name = 'TestFailure'
  }
}
