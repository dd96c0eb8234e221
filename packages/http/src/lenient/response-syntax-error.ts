/** What came back is no HTTP, or not so near to it that it can be read. */
export class ResponseSyntaxError extends Error {
  static {
    // The name of undici's own: both are one to `networkError`.
    this.prototype.name = 'HTTPParserError'
  }
}

/** A head of more bytes than are wanted. */
export class HeadersOverflow extends Error {
  /** As undici has it. */
  readonly code = 'UND_ERR_HEADERS_OVERFLOW'
  override readonly message = 'the head of the response is too large'
}
