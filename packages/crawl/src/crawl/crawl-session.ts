/** What a crawl asks of its HTTP session: `HttpSession` of @corral/http is one. */
export interface CrawlSession {
  /**
   * Gives status and headers, and the body as it comes. Redirects must be handed out, not followed.
   *
   * Cancellation: by the scope that waits, for the response as for its body.
   */
  get(url: string, request: CrawlRequest): Promise<CrawlResponse>
}

export interface CrawlRequest {
  readonly headers: Readonly<Record<string, string>>
  /** @default 'GET' */
  readonly method?: string
  /** What is sent. */
  readonly body?: string
  /** Bytes that the body may have, as they come and again unpacked. */
  readonly maxBytes: number
}

/** A response; disposing of it closes what has not been read. */
export interface CrawlResponse extends AsyncDisposable {
  readonly status: number
  readonly statusText: string
  readonly headers: CrawlHeaders
  /** The headers that were really sent: needed for WARC. */
  readonly requestHeaders?: Readonly<Record<string, string | readonly string[]>>
  /** What it was spoken in: `http/1.1`, or `h2` for HTTP/2. Needed for WARC. */
  readonly protocol?: string | undefined
  /** The address that it came from. */
  readonly remoteAddress?: string | undefined
  /** What is odd about a body that could be unpacked all the same; known when it was read. */
  readonly bodyNote?: string | undefined
  /** Unpacked. */
  readonly body: AsyncIterable<Uint8Array>
  /** Reads to the end of a small body, so that its connection can serve again; closes a large one. */
  drain(): Promise<void>
}

export interface CrawlHeaders {
  get(name: string): string | undefined
  /** Each value by itself: needed for cookies. */
  getAll?(name: string): readonly string[]
  /** All of them, in lower case: needed for WARC. */
  [Symbol.iterator]?(): Iterator<[name: string, value: string]>
}
