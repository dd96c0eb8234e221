/** What a command prints cannot be written. */
export class OutputError extends Error {
  constructor(cause: unknown) {
    const { message } = cause as Error
    super(`the output cannot be written: ${message}; what was printed is not complete`, { cause })
  }

  static {
    this.prototype.name = 'OutputError'
  }
}
