/** The command line itself is wrong: exit code 2. The message is what the user reads. */
export class UsageError extends Error {
  static {
    this.prototype.name = 'UsageError'
  }
}
