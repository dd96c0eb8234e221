import type {
  FrontierEntry,
  Jar,
  Noted,
  Outcome,
  RedirectOf,
  Seed,
  SkippedUrl,
  StoreCounts,
  StoredBody,
  StoredRecord,
} from './outcome.ts'

/** A crawl's store, open: a file of SQLite, or a database of PostgreSQL. Made by `openStore`. */
export interface Store extends AsyncDisposable {
  /** The file, or the URL without its password. */
  readonly file: string
  /** How far the crawl is, as of the last transaction that settled. */
  readonly counts: StoreCounts
  /** Queues URLs, normalised, as the start of the crawl, unless they are known; those that failed are tried again. */
  seed(urls: readonly (string | Seed)[]): Promise<void>
  /**
   * Queues sitemaps to be read, unless they were read already.
   *
   * @param before read again what was read before this time: milliseconds since the epoch
   */
  seedSitemaps(urls: readonly string[], before?: number): Promise<void>
  /**
   * Queues pages to be asked for again. What is known of them stays until there is an answer.
   *
   * @param before those fetched before this time: milliseconds since the epoch
   */
  refresh(before: number): Promise<void>
  /** Queues all URLs that failed again. */
  retryFailed(): Promise<void>
  /** Queues all URLs again that failed since an address was not allowed, or a robots.txt could not be had. */
  retryRefused(): Promise<void>
  /** URLs that are skipped, for one reason or for all: so many of those after the one with a number. */
  skipped(after: number, limit: number, reason?: string): Promise<SkippedUrl[]>
  /** Queues URLs that were skipped, by their numbers. */
  unskip(ids: readonly number[]): Promise<void>
  /**
   * Notes hashes of what decides about URLs and of what is extracted, and tells whether they are new.
   *
   * @param judgement left as it is when undefined
   */
  note(judgement: number | undefined, extraction: number, at: number): Promise<Noted>
  /** The body that was kept of a page, by its number. */
  bodyOf(id: number): Promise<StoredBody | undefined>
  /** Replaces what was extracted from pages, in one transaction; of those that are not there nothing. */
  keepRecords(records: readonly StoredRecord[]): Promise<void>
  /** The cookies that earlier runs kept. */
  cookies(): Promise<Jar[]>
  keepCookies(jars: readonly Jar[]): Promise<void>
  /** Where URLs were redirected to, one redirect after the other. */
  redirectsOf(urls: readonly string[]): Promise<RedirectOf[]>
  /** Stores outcomes, and the links and URLs they bring, in one transaction. */
  commit(outcomes: readonly Outcome[]): Promise<void>
  /**
   * Hands out queued URLs, each once until its outcome is stored or the store is opened again: by depth within an
   * origin, origins in turn, of one origin at most `perOrigin` at a time.
   */
  claim(limit: number, perOrigin: number): Promise<FrontierEntry[]>
  /** Where other programs may crawl into the same store: what this one may do, and must. */
  readonly share?: StoreShare | undefined
  /** Ends what was asked before. Idempotent. */
  close(): Promise<void>
}

/** How a crawl asks the hosts that it has. */
export interface HostPace {
  /** Milliseconds between the starts of two requests, at the most that may be drawn. */
  readonly delay: number
  /** Milliseconds from now before which none starts. */
  readonly pause: number
}

/** What a crawl must know of the others, and they of it. */
export interface ShareListener {
  /** How it asks a host; undefined when it knows nothing of it. */
  paceOf(origin: string): HostPace | undefined
  /** To be told from time to time: what others have done may have changed what there is to do. */
  changed(): void
}

/**
 * A part of a crawl that several programs share: a host belongs to one of them at a time, and who has it asks it, as if it
 * were alone. That holds for as long as it says that it lives; then others take over.
 */
export interface StoreShare {
  /** Whether requests may still start: others know that this one lives, and leave its hosts alone. */
  readonly held: boolean
  /**
   * Says so again and again, takes over from those who do not, and gives hosts away when it has more than its share: the
   * body of a task.
   *
   * @throws StoreError STORE_LEASE_LOST when it came too late: others have taken over
   */
  keep(listener: ShareListener): Promise<never>
}
