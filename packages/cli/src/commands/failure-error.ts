/** What was asked for cannot be done: exit code 1. The message is what the user reads. */
export class FailureError extends Error {
  static {
    this.prototype.name = 'FailureError'
  }
}
