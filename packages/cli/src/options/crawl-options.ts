import { extraction, type Extraction } from './extraction.ts'
import type { OptionTable } from './option.ts'
import {
  choice,
  count,
  directory,
  duration,
  exportFile,
  file,
  fraction,
  headerField,
  headerText,
  line,
  pattern,
  port,
  proxyUrl,
  reportFile,
  size,
  store,
  url,
} from './value-kind.ts'

/** What `corral crawl` can be told. Times are milliseconds, sizes bytes; `undefined` means no limit. */
export interface CrawlSettings {
  readonly seeds: string | undefined
  readonly depth: number | undefined
  readonly maxPages: number | undefined
  readonly scope: 'host' | 'domain' | 'prefix' | 'anywhere'
  readonly sameHost: boolean
  readonly include: readonly RegExp[]
  readonly exclude: readonly RegExp[]
  readonly priority: readonly RegExp[]
  readonly preferCanonical: boolean
  readonly sitemap: readonly string[]
  readonly findSitemaps: boolean
  readonly dedupe: boolean
  readonly followTraps: boolean
  readonly stripTracking: boolean
  readonly stripQuery: readonly string[]
  readonly sortQuery: boolean
  readonly ignoreRobots: boolean
  readonly allowPrivate: boolean
  readonly concurrency: number
  readonly perHost: number
  readonly delay: number
  readonly jitter: number
  readonly retries: number
  readonly autoThrottle: boolean
  readonly maxTime: number | undefined
  readonly maxTotalBytes: number | undefined
  readonly timeout: number
  readonly maxBytes: number
  readonly maxLinks: number
  readonly maxRedirects: number
  readonly userAgent: string | undefined
  readonly cookies: boolean
  readonly cookieFile: string | undefined
  readonly proxy: readonly string[]
  readonly http2: boolean
  readonly insecure: boolean
  readonly refresh: number | undefined
  readonly header: readonly (readonly [name: string, value: string])[]
  readonly headerOrigin: readonly string[]
  readonly extract: readonly Extraction[]
  readonly keep: 'bodies' | undefined
  readonly store: string
  readonly export: string | undefined
  readonly bom: boolean
  readonly warc: string | undefined
  readonly report: string | undefined
  readonly dashboard: number | undefined
  readonly json: boolean
  readonly quiet: boolean
  readonly config: string | undefined
  readonly debug: boolean
  readonly help: boolean
  readonly version: boolean
}

const follow = 'What to follow'
const pace = 'How fast'
const requests = 'Requests'
const results = 'Results'
const program = 'Program'

export const crawlOptions: OptionTable<CrawlSettings> = {
  seeds: { takes: file(), help: 'start from the URLs in a file, or - for stdin', group: follow },
  depth: {
    takes: count(0),
    help: 'at most so many links from a start URL',
    group: follow,
    essential: true,
  },
  maxPages: { takes: count(1), help: 'stop after so many pages', group: follow, essential: true },
  scope: {
    takes: { ...choice(['host', 'domain', 'prefix', 'anywhere']), placeholder: '<where>' },
    initial: 'host',
    help: 'host, domain, prefix or anywhere',
    group: follow,
    essential: true,
  },
  sameHost: { help: 'the same as --scope host', group: follow },
  include: { takes: pattern(), multiple: true, help: 'follow only matching URLs', group: follow },
  exclude: {
    takes: pattern(),
    multiple: true,
    help: 'follow no matching URLs',
    group: follow,
    essential: true,
  },
  priority: {
    takes: pattern(),
    multiple: true,
    help: 'of a host, matching URLs first',
    group: follow,
  },
  preferCanonical: { help: 'of copies, follow only the canonical URL', group: follow },
  sitemap: { takes: url, multiple: true, help: 'a sitemap to read', group: follow },
  findSitemaps: { help: 'read the sitemaps that robots.txt files name', group: follow },
  dedupe: { help: 'do not follow links of pages that are copies', group: follow },
  followTraps: { help: 'follow links that look endless, too', group: follow },
  stripTracking: { help: 'leave out utm_*, gclid and the like of URLs', group: follow },
  stripQuery: {
    takes: line('<name>'),
    multiple: true,
    help: 'leave out this parameter of URLs',
    group: follow,
  },
  sortQuery: { help: 'put the parameters of URLs in order', group: follow },
  ignoreRobots: { help: 'do as if there were no robots.txt', group: follow },
  allowPrivate: { help: 'follow links into private networks too', group: follow },
  concurrency: {
    takes: count(1, 10_000),
    initial: '64',
    help: 'requests at a time, in all',
    group: pace,
  },
  perHost: {
    takes: count(1, 10_000),
    initial: '8',
    help: 'requests at a time to one host',
    group: pace,
    essential: true,
  },
  delay: {
    takes: duration(),
    initial: '0ms',
    help: 'between two requests to a host',
    group: pace,
    essential: true,
  },
  jitter: {
    takes: fraction(0, 10),
    initial: '0',
    help: 'lengthen delays by up to this part',
    group: pace,
  },
  retries: {
    takes: count(0, 100),
    initial: '3',
    help: 'further tries after what may pass',
    group: pace,
  },
  autoThrottle: { on: true, help: 'ask hosts that are slow or fail no less often', group: pace },
  maxTime: { takes: duration(1), help: 'end this run after so long', group: pace },
  maxTotalBytes: { takes: size(), help: 'stop when pages have so much in all', group: pace },
  timeout: {
    takes: duration(1),
    initial: '30s',
    help: 'for one request, its body included',
    group: requests,
  },
  maxBytes: {
    takes: size(),
    initial: '10mb',
    help: 'of one body, packed and unpacked',
    group: requests,
  },
  maxLinks: { takes: count(0), initial: '10000', help: 'kept of one page', group: requests },
  maxRedirects: { takes: count(0, 100), initial: '10', help: 'followed in a row', group: requests },
  userAgent: { takes: headerText, help: 'how the crawler calls itself', group: requests },
  header: {
    takes: headerField,
    multiple: true,
    help: 'sent to the hosts of the start URLs',
    group: requests,
  },
  headerOrigin: { takes: url, multiple: true, help: 'headers are sent here, too', group: requests },
  cookies: { help: 'keep cookies, in the store as well', group: requests },
  cookieFile: {
    takes: file(),
    help: 'keep and send these, too (Netscape format)',
    group: requests,
  },
  proxy: {
    takes: proxyUrl,
    multiple: true,
    help: 'to ask through; several take turns',
    group: requests,
  },
  http2: { help: 'speak HTTP/2 with hosts of https that can', group: requests },
  insecure: { help: 'accept certificates that cannot be verified', group: requests },
  refresh: {
    takes: duration(),
    alone: '0',
    help: 'ask again for pages older than that',
    group: requests,
  },
  extract: {
    takes: extraction,
    multiple: true,
    help: 'read from pages: title=h1',
    group: results,
  },
  keep: {
    takes: { ...choice(['bodies']), placeholder: '<what>' },
    help: 'bodies: for corral crawl extract',
    group: results,
  },
  store: {
    takes: store,
    initial: 'crawl.db',
    help: 'the crawl: a file or postgres://...',
    group: results,
    essential: true,
  },
  export: {
    takes: exportFile,
    help: 'write the results to .jsonl or .csv',
    group: results,
    essential: true,
  },
  bom: { help: 'begin CSV with a byte order mark, for Excel', group: results },
  warc: { takes: directory, help: 'keep requests and answers as WARC 1.1', group: results },
  report: { takes: reportFile, help: 'write a report on the crawl to .html', group: results },
  dashboard: {
    takes: port,
    alone: '0',
    help: 'show the crawl in a browser, on loopback',
    group: results,
    essential: true,
  },
  json: { help: 'progress and summary as lines of JSON', group: results },
  quiet: { short: 'q', help: 'no progress, only the summary', group: results },
  config: { takes: file('.json'), help: 'settings [corral.config.json]', group: program },
  debug: { help: 'tell more, and show the stack of errors', group: program },
  help: { short: 'h', help: 'show this', group: program, flagOnly: true },
  version: { short: 'V', help: 'show which version this is', group: program, flagOnly: true },
}
