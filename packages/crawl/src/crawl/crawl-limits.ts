import { MisuseError } from 'corral'

/** What a crawl takes at most. Durations are milliseconds, sizes are bytes. */
export interface CrawlLimits {
  /** Requests at a time, over all hosts. */
  readonly concurrency: number
  /** Requests at a time to one host. */
  readonly concurrencyPerHost: number
  /** From the start of one request to a host to the start of the next one, at least; robots.txt may ask for more. */
  readonly delay: number
  /** How much is added to the delay at most, as a part of it, drawn anew every time. */
  readonly jitter: number
  /** The longest Crawl-delay of a robots.txt that is obeyed to the full. */
  readonly maxCrawlDelay: number
  /** Between the requests to a host that is slow or has too much to do, at most. */
  readonly maxAdaptiveDelay: number
  /** For one request, from its start to the last byte of its body. */
  readonly timeout: number
  /** For the handler of one page. */
  readonly handlerTimeout: number
  /** Pages stored in all, redirects and pages of earlier runs on the same store included. */
  readonly maxPages: number
  /** Bytes of all bodies stored, unpacked, those of earlier runs on the same store included; what is in flight is finished. */
  readonly maxTotalBytes: number
  /** Of this run: what is in flight then is cancelled, and stays in the queue for the next run. */
  readonly maxTime: number
  /** Of one body, as it comes over the wire and again unpacked. */
  readonly maxBytes: number
  /** Links kept of one page. */
  readonly maxLinks: number
  /** Characters of a URL. */
  readonly maxUrlLength: number
  /** Redirects followed in a row. */
  readonly maxRedirects: number
  /** Requests for one URL, the first one included. */
  readonly attempts: number
  /** Further attempts for all URLs of one host; each success gives back a fifth of one. */
  readonly retryBudget: number
  /** Failures of a host in a row after which it is left alone for a while: no connection, no answer, 429, 502 to 504. */
  readonly breakAfter: number
  /** How long it is left alone. */
  readonly breakFor: number
  /** How often, one after the other, before it is given up: what is left of it fails as HOST_DOWN. */
  readonly maxBreaks: number
  /** Before the second attempt, on the average; doubled before every further one. */
  readonly retryDelay: number
  /** The longest wait before another attempt, also when a Retry-After asks for more. */
  readonly maxRetryDelay: number
}

export const defaultCrawlLimits: CrawlLimits = {
  concurrency: 64,
  concurrencyPerHost: 8,
  delay: 0,
  jitter: 0,
  maxCrawlDelay: 30_000,
  maxAdaptiveDelay: 5000,
  timeout: 30_000,
  handlerTimeout: Infinity,
  maxPages: Infinity,
  maxTotalBytes: Infinity,
  maxTime: Infinity,
  maxBytes: 10 * 1024 * 1024,
  maxLinks: 10_000,
  maxUrlLength: 2048,
  maxRedirects: 10,
  attempts: 4,
  retryBudget: 100,
  breakAfter: 20,
  breakFor: 30_000,
  maxBreaks: 3,
  retryDelay: 500,
  maxRetryDelay: 60_000,
}

/**
 * Fills in the defaults.
 *
 * @throws MisuseError for a limit that is no number of its range, or that is not known
 */
export function crawlLimitsOf(given: Partial<CrawlLimits> = {}): CrawlLimits {
  for (const [name, value] of Object.entries(given)) {
    if (!Object.hasOwn(defaultCrawlLimits, name)) {
      throw new MisuseError(
        `crawl: limits.${name} is not known; known are ${Object.keys(defaultCrawlLimits).join(', ')}`,
      )
    }
    if (value === undefined) continue
    const least = atLeastOne.has(name) ? 1 : 0
    if (typeof value !== 'number' || !(value >= least)) {
      throw new MisuseError(
        `crawl: limits.${name} must be a number of at least ${least}, got ${String(value)} (${typeof value})`,
      )
    }
  }
  const defined = Object.entries(given).filter(([, value]) => value !== undefined)
  return { ...defaultCrawlLimits, ...Object.fromEntries(defined) }
}

const atLeastOne: ReadonlySet<string> = new Set([
  'concurrency',
  'concurrencyPerHost',
  'timeout',
  'handlerTimeout',
  'maxPages',
  'maxTotalBytes',
  'maxTime',
  'attempts',
  'breakAfter',
  'maxBreaks',
])
