/** What can go wrong when something is extracted from a page. */
export type ExtractErrorCode = 'EXTRACT_MISSING' | 'EXTRACT_TOO_DEEP' | 'EXTRACT_TOO_LARGE'

/** Something that was to be extracted is not there, or the page cannot be made a tree. */
export class ExtractError extends Error {
  readonly code: ExtractErrorCode

  constructor(code: ExtractErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }

  static {
    this.prototype.name = 'ExtractError'
  }
}
