/** A URL to be fetched, as the store hands it out. */
export interface FrontierEntry {
  readonly id: number
  readonly url: string
  /** Links followed from a seed to here. */
  readonly depth: number
  /** Redirects followed in a row to here. */
  readonly hops: number
  /** It is to be read as a sitemap. */
  readonly sitemap?: true
  /** What is to be asked beyond its URL, as JSON: a `StoredRequest`. */
  readonly request?: string
  /** It was fetched before: what its server said to ask with. */
  readonly before?: Validators & {
    readonly fetchedAt: number
    /** Its body is in the store. */
    readonly hasBody?: true
  }
  /** Milliseconds that its host is to be left alone first: another program asked it just now. */
  readonly pause?: number
}

/** A URL to start from, and what is to be asked beyond it, as JSON: a `StoredRequest`. */
export interface Seed {
  readonly url: string
  readonly request?: string
  readonly priority?: number
}

/** A URL that is not followed. */
export interface SkippedUrl {
  readonly id: number
  readonly url: string
  readonly depth: number
  readonly reason: string
}

/** A redirect that was stored. */
export interface RedirectOf {
  readonly source: string
  readonly target: string
}

/** The cookies of a registered domain, as JSON. */
export interface Jar {
  readonly domain: string
  readonly jar: string
}

/** A body that was kept. */
export interface StoredBody {
  readonly contentType: string | undefined
  /** Of HTML. */
  readonly charset: string | undefined
  /** By `packBody`. */
  readonly packed: Uint8Array
}

/** What was extracted from a page, as JSON; undefined for nothing. */
export interface StoredRecord {
  readonly url: string
  readonly data: string | undefined
}

/** What a store knows of the options of the runs before. */
export interface Noted {
  readonly isNew: boolean
  /** Milliseconds since the epoch. */
  readonly extractionSince: number
}

/** What a server gave to ask with whether a page has changed [RFC 9110 8.8]. */
export interface Validators {
  readonly etag?: string | undefined
  readonly lastModified?: string | undefined
}

/** A link of a page, as the store keeps it. */
export interface StoredLink {
  readonly url: string
  readonly kind: string
  readonly nofollow: boolean
  /** Why it is not followed; left out when it is. */
  readonly skip?: string
  /** Of its host's URLs the greatest is fetched first. A whole number; 0 when left out. */
  readonly priority?: number
  /** What is to be asked beyond the URL, and by whom its answer is read, as JSON: a `StoredRequest`. */
  readonly request?: string
  /** When it changed, as far as who links to it knows: milliseconds since the epoch. */
  readonly changedAt?: number
}

/** An answer that is kept. */
export interface StoredPage {
  readonly status: number
  readonly contentType?: string | undefined
  readonly charset?: string | undefined
  readonly title?: string | undefined
  /** Of the body, unpacked. */
  readonly bytes: number
  readonly canonical?: string | undefined
  readonly noindex: boolean
  /** What was odd about it. */
  readonly note?: string | undefined
  readonly attempts: number
  /** Milliseconds since the epoch. */
  readonly fetchedAt: number
  readonly durationMs: number
  readonly validators?: Validators | undefined
  /** Of the body: of pages with the same one only the first has its links followed. */
  readonly hash?: string | undefined
  /** What was extracted from it, as JSON. */
  readonly data?: string | undefined
  /** The body, by `packBody`, as base64. */
  readonly body?: string | undefined
  /** Items that its handler gave, as JSON. */
  readonly items?: readonly string[] | undefined
}

/** Why there is no answer. */
export interface StoredFailure {
  readonly kind: string
  readonly code: string
  readonly message: string
  readonly attempts: number
  /** Milliseconds since the epoch. */
  readonly failedAt: number
}

/** What became of one URL. All of it is stored in one transaction, or nothing. */
export type Outcome =
  | {
      readonly result: 'page'
      readonly entry: FrontierEntry
      readonly page: StoredPage
      readonly links: readonly StoredLink[]
      readonly redirect?: StoredLink | undefined
    }
  | {
      readonly result: 'failure'
      readonly entry: FrontierEntry
      readonly failure: StoredFailure
      /** Of a page that was read all the same. */
      readonly links?: readonly StoredLink[] | undefined
    }
  | {
      /** The page is what it was before. */
      readonly result: 'unchanged'
      readonly entry: FrontierEntry
      /** Milliseconds since the epoch. */
      readonly fetchedAt: number
      /** What was extracted anew, from the body that was kept. */
      readonly data?: string | undefined
    }
  | { readonly result: 'skip'; readonly entry: FrontierEntry; readonly reason: string }

/** How far a crawl is, as of the last commit. */
export interface StoreCounts {
  readonly queued: number
  readonly pages: number
  readonly failed: number
  readonly skipped: number
  /** Of all pages, unpacked. */
  readonly bytes: number
  /** Failed URLs by kind. */
  readonly failures: Readonly<Record<string, number>>
}
