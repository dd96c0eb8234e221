/** A WARC file cannot be written: that ends a crawl, or its pages would be stored and not archived. */
export class WarcError extends Error {
  readonly code = 'WARC_FAILED'
  readonly file: string

  constructor(file: string, cause: unknown) {
    const because = cause instanceof Error ? cause.message : String(cause)
    super(`WARC file ${file} cannot be written: ${because}; free space or name another directory`, {
      cause,
    })
    this.file = file
  }

  static {
    this.prototype.name = 'WarcError'
  }
}
