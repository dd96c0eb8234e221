import { CorralError } from '../../errors.ts'

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
  readonly #page: () => string

  constructor(
    message: string,
    details: { readonly replay: string; readonly schedules: number; readonly page: () => string },
    options?: ErrorOptions,
  ) {
    super('EXPLORE', message, options)
    this.replay = details.replay
    this.schedules = details.schedules
    this.#page = details.page
  }

  /** The schedule as a page of its own, drawn when it is asked for; no getter, which a reporter would print. */
  html(): string {
    return this.#page()
  }

  static {
    this.prototype.name = 'ExploreFailure'
  }
}
