/** A page cannot be served. The message is what the user reads. */
export class PageError extends Error {
  /** What went wrong: the port is taken, or cannot be had. */
  readonly code = 'PAGE_PORT'

  static {
    this.prototype.name = 'PageError'
  }
}
