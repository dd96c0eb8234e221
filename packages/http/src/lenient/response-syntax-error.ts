/** What came back is no HTTP, or not so near to it that it can be read. */
export class ResponseSyntaxError extends Error {
  static {
    // The name of undici's own: both are one to `networkError`.
    this.prototype.name = 'HTTPParserError'
  }
}
