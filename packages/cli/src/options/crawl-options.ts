import type { OptionTable } from './option.ts'
import {
  choice,
  count,
  duration,
  exportFile,
  headerText,
  line,
  pattern,
  size,
} from './value-kind.ts'

/** What `corral crawl` can be told. Times are milliseconds, sizes bytes; `undefined` means no limit. */
export interface CrawlSettings {
  readonly depth: number | undefined
  readonly maxPages: number | undefined
  readonly sameHost: boolean
  readonly scope: 'host' | 'prefix' | 'anywhere'
  readonly include: readonly RegExp[]
  readonly exclude: readonly RegExp[]
  readonly concurrency: number
  readonly perHost: number
  readonly delay: number
  readonly timeout: number
  readonly retries: number
  readonly maxSize: number
  readonly userAgent: string | undefined
  readonly store: string
  readonly export: string | undefined
  readonly json: boolean
  readonly quiet: boolean
  readonly debug: boolean
  readonly help: boolean
  readonly version: boolean
}

export const crawlOptions: OptionTable<CrawlSettings> = {
  depth: { takes: count(0), help: 'follow at most so many links from a start URL' },
  maxPages: { takes: count(1), help: 'stop after so many pages' },
  sameHost: { help: 'stay on the hosts of the URLs given (default)' },
  scope: {
    takes: choice(['host', 'prefix', 'anywhere']),
    initial: 'host',
    help: 'which links to follow',
  },
  include: { takes: pattern(), multiple: true, help: 'follow only matching URLs' },
  exclude: { takes: pattern(), multiple: true, help: 'follow no matching URLs' },
  concurrency: { takes: count(1, 10_000), initial: '64', help: 'requests at a time, in all' },
  perHost: { takes: count(1, 10_000), initial: '8', help: 'requests at a time to one host' },
  delay: { takes: duration(), initial: '0ms', help: 'between two requests to a host' },
  timeout: { takes: duration(1), initial: '30s', help: 'for one request, its body included' },
  retries: { takes: count(0, 100), initial: '3', help: 'further tries after what may pass' },
  maxSize: { takes: size(), initial: '10mb', help: 'of one body, packed and unpacked' },
  userAgent: { takes: headerText, help: 'how the crawler calls itself' },
  store: { takes: line('<file>'), initial: 'crawl.db', help: 'the crawl itself, an SQLite file' },
  export: {
    takes: exportFile,
    help: 'write the results to .jsonl or .csv',
  },
  json: { help: 'progress and summary as lines of JSON on stdout' },
  quiet: { short: 'q', help: 'no progress, only the summary' },
  debug: { help: 'tell more, and show the stack of errors' },
  help: { short: 'h', help: 'show this' },
  version: { short: 'V', help: 'show which version this is' },
}
