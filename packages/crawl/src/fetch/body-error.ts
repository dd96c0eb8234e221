/** A body that cannot be taken: too large, in an unknown coding, or not in the coding it says. */
export class BodyError extends Error {
  readonly code: 'BODY_TOO_LARGE' | 'BODY_UNDECODABLE' | 'CODING_UNKNOWN'

  constructor(code: BodyError['code'], message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }

  static {
    this.prototype.name = 'BodyError'
  }
}
