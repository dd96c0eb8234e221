import type { ConnectOptions } from '@corral/http'
import type { Field } from '../extract/field.ts'
import type { RenderOptions } from '../fetch/render-options.ts'
import type { Store } from '../store/store.ts'
import type { NormalizeOptions } from '../url/normalize-url.ts'
import type { ScopeOptions } from '../url/scope.ts'
import type { TrapLimits } from '../url/trap.ts'
import type { CrawlLimits } from './crawl-limits.ts'
import type { CrawlPage } from './crawl-page.ts'
import type { LinkPolicyOptions } from './link-policy.ts'
import type { ItemOptions } from './item-schema.ts'
import type { Login } from './login.ts'
import type { SeedRequest } from './page-request.ts'
import type { CrawlProgress } from './crawl-progress.ts'
import type { CrawlSession } from './crawl-session.ts'
import type { VisitEvent } from './visit-event.ts'

/** How a host is asked, where that is other than for the rest. */
export interface HostSettings {
  /** Milliseconds between the starts of two requests, at least; robots.txt may ask for more. */
  readonly delay?: number
  /** Requests at a time. */
  readonly concurrency?: number
}

/** `T` is what `extract` gives, `Item` what items are. */
export interface CrawlOptions<T = unknown, Item = unknown>
  extends LinkPolicyOptions, ItemOptions<Item> {
  /** Where to start: http and https URLs, or what is to be asked there. */
  readonly seeds: readonly (string | SeedRequest)[]
  /** A file, which is opened and closed, or a store that is open. */
  readonly store: string | Store
  readonly scope?: ScopeOptions
  readonly limits?: Partial<CrawlLimits>
  /** By host name, or by origin. */
  readonly hosts?: Readonly<Record<string, HostSettings>>
  /** Sitemaps to read, at the beginning of every run. What they list is followed as far as it is in scope. */
  readonly sitemaps?: readonly string[]
  /** Whether the sitemaps that robots.txt files name are read as well. @default false */
  readonly findSitemaps?: boolean
  /** Ask again, conditionally, for pages whose answer is older than so many milliseconds; 0 for all. Left out: for none. */
  readonly refreshAfter?: number
  /**
   * `bodies`: those of HTML pages, and of the types that `bodies` names, are kept in the store, packed: for `extractStored`, and
   * `reader.bodies()`.
   */
  readonly keep?: 'bodies'
  /** Whether the links of a page whose body another page has as well are left alone. @default false */
  readonly dedupe?: boolean
  /** From where on URLs are taken for traps; `Infinity` for never. Of a store that is open its own count. */
  readonly traps?: Partial<TrapLimits>
  /** How URLs are made one: parameters to leave out, or to sort. */
  readonly normalize?: Omit<NormalizeOptions, 'maxLength'>
  /** What to say to servers; its first word, up to a slash, is the name that robots.txt files know. */
  readonly userAgent?: string
  /**
   * Further headers of the requests to the origins of `seeds`: nobody else sees them, however a request came about, and
   * whatever they list. User and password of a seed, or of a sitemap, are Basic credentials for its origin, and stand nowhere else.
   */
  readonly headers?: Readonly<Record<string, string>>
  /** Further origins, as URLs, that `headers` are sent to. */
  readonly headerOrigins?: readonly string[]
  /** Whether hosts that are slow or fail are asked less often, then left alone. @default true */
  readonly autoThrottle?: boolean
  /** `ignore`: links are followed whatever a page says about them. @default 'obey' */
  readonly nofollow?: 'obey' | 'ignore'
  /** Whether robots.txt is obeyed. @default true */
  readonly obeyRobots?: boolean
  /**
   * How the crawl's own session connects: resolver, certificates, address guard. Unless `allowAddress` says otherwise
   * only public addresses are connected to, and the hosts and ports of the seeds (see `publicAddresses`).
   */
  readonly connect?: ConnectOptions
  /** Whether cookies are kept, in the store as well, and sent back. @default false */
  readonly cookies?: boolean
  /**
   * A file of cookies in the format of Netscape, as browsers' extensions, curl and wget write it: they are sent where they belong, and
   * kept as `cookies` says, which this turns on.
   */
  readonly cookieFile?: string
  /** A directory to archive everything in that is fetched, as WARC 1.1; every run begins files of its own. */
  readonly warc?: string
  /**
   * URL of a proxy to ask through, of HTTP or SOCKS 5; user and password may stand in it. Several take turns, and one that fails is
   * left alone for a while. Proxies resolve names, so that the address guard sees only addresses that stand in URLs, and
   * `connect` says nothing but `allowAddress`.
   */
  readonly proxy?: string | readonly string[]
  /**
   * Whether the crawl's own session offers HTTP/2 to hosts of https: then all requests to a host share a connection. Limits and delays
   * are the same. @default false
   */
  readonly http2?: boolean
  /**
   * Reads pages of HTML as a browser makes them, for sites that need scripts. What a page asks for besides itself is fetched by the
   * crawl's session, with its guard and its secrets, at no pace; only GET, and no images, fonts or films.
   */
  readonly render?: RenderOptions
  /** The HTTP session to use in place of its own; then limits, guard and certificates are that one's. */
  readonly session?: CrawlSession
  /**
   * Read from every HTML page, stored with it as JSON (the view `records`), and handed to `onPage` as `data`. What it
   * throws is the page's failure, of the kind `extract`.
   */
  readonly extract?: Field<T>
  /**
   * Another text than in the run before says that `extract` reads something else: then `refreshAfter` fetches pages without asking
   * whether they have changed, or extracts from the body that was kept. Other names in a `record` say so by themselves.
   */
  readonly extractVersion?: string
  /**
   * Handed every page before it is stored, in a task of its own: may wait, spawn, and is cancelled with the crawl. What it
   * throws is the page's failure, of the kind `handler`; the page's links are followed all the same.
   */
  readonly onPage?: (page: CrawlPage<T, Item>) => unknown
  /** Further handlers, by the names that `follow` and seeds give: so they are known again when the crawl goes on. */
  readonly handlers?: Readonly<Record<string, (page: CrawlPage<T, Item>) => unknown>>
  /**
   * Types of bodies that handlers are given, and `keep` keeps, besides HTML, such as `application/pdf`; all of them: `*`.
   *
   * @default text, JSON and XML
   */
  readonly bodies?: readonly string[]
  /**
   * Called at the beginning of every run: signs in by requests that are in no store, and gives headers for the origins of the
   * seeds. Cookies are kept where `cookies` says so.
   */
  readonly login?: Login
  /** `throw` ends the crawl with what `extract` or `onPage` threw; the page stays queued. @default 'record' */
  readonly handlerErrors?: 'record' | 'throw'
  /** Told how far it is: every `progressInterval` milliseconds, and at the end. */
  readonly onProgress?: (progress: CrawlProgress) => void
  /** @default 250 */
  readonly progressInterval?: number
  /** Told of every request for a URL, when it starts and when it has ended: for displays and measurements. */
  readonly onVisit?: (event: VisitEvent) => void
}
