import type { ConnectOptions } from '@corral/http'
import type { Store } from '../store/store.ts'
import type { NormalizeOptions } from '../url/normalize-url.ts'
import type { ScopeOptions } from '../url/scope.ts'
import type { CrawlLimits } from './crawl-limits.ts'
import type { CrawlPage } from './crawl-page.ts'
import type { CrawlProgress } from './crawl-progress.ts'
import type { CrawlSession } from './crawl-session.ts'

export interface CrawlOptions {
  /** Where to start: http and https URLs. */
  readonly seeds: readonly string[]
  /** A file, which is opened and closed, or a store that is open. */
  readonly store: string | Store
  readonly scope?: ScopeOptions
  readonly limits?: Partial<CrawlLimits>
  /** How URLs are made one: parameters to leave out, or to sort. */
  readonly normalize?: Omit<NormalizeOptions, 'maxLength'>
  /** What to say to servers; its first word, up to a slash, is the name that robots.txt files know. */
  readonly userAgent?: string
  /** Further headers of every request. */
  readonly headers?: Readonly<Record<string, string>>
  /** Whether robots.txt is obeyed. @default true */
  readonly obeyRobots?: boolean
  /**
   * How the crawl's own session connects: resolver, certificates, address guard. Unless `allowAddress` says otherwise
   * only public addresses are connected to, and the hosts and ports of the seeds (see `publicAddresses`).
   */
  readonly connect?: ConnectOptions
  /** The HTTP session to use in place of its own; then limits, guard and certificates are that one's. */
  readonly session?: CrawlSession
  /** Handed every page, before it is stored; may wait. What it throws is the page's failure, not the crawl's. */
  readonly onPage?: (page: CrawlPage) => unknown
  /** Told how far it is: every `progressInterval` milliseconds, and at the end. */
  readonly onProgress?: (progress: CrawlProgress) => void
  /** @default 250 */
  readonly progressInterval?: number
}
