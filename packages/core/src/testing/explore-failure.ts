import { CorralError } from '../errors.ts'

/**
 * A schedule under which the program fails. The message is the whole report; `cause` is what the
 * program threw.
 */
export class ExploreFailure extends CorralError {
  declare readonly code: 'EXPLORE'
  /** Hand it to `explore` as `replay` to run this schedule again. */
  readonly replay: string
  /** How many schedules were tried until it was found. */
  readonly schedules: number
  /** The schedule as a page of its own. */
  readonly html: string

  constructor(
    message: string,
    details: { readonly replay: string; readonly schedules: number; readonly html: string },
    options?: ErrorOptions,
  ) {
    super('EXPLORE', message, options)
    this.replay = details.replay
    this.schedules = details.schedules
    this.html = details.html
  }

  static {
    this.prototype.name = 'ExploreFailure'
  }
}
