import {
  attribute,
  list,
  record,
  text,
  trackingParameters,
  type CrawlOptions,
  type Field,
} from '@corral/crawl'
import { MisuseError } from 'corral'
import type { CrawlSettings } from '../options/crawl-options.ts'
import type { Extraction } from '../options/extraction.ts'
import { UsageError } from '../options/usage-error.ts'

/** What the settings of the command mean to the library. */
export function crawlOptionsOf(seeds: readonly string[], settings: CrawlSettings): CrawlOptions {
  const { depth, maxPages, maxTime, maxBytes, userAgent, include, exclude } = settings
  const { refresh, extract, proxy, warc, first } = settings
  const stripped = settings.stripTracking ? trackingParameters : []
  return {
    seeds,
    store: settings.store,
    scope: {
      within: settings.scope,
      include,
      exclude,
      ...(depth === undefined ? {} : { maxDepth: depth }),
    },
    limits: {
      concurrency: settings.concurrency,
      concurrencyPerHost: settings.perHost,
      delay: settings.delay,
      jitter: settings.jitter,
      timeout: settings.timeout,
      attempts: settings.retries + 1,
      maxBytes: settings.maxSize,
      maxLinks: settings.maxLinks,
      maxRedirects: settings.maxRedirects,
      ...(maxPages === undefined ? {} : { maxPages }),
      ...(maxTime === undefined ? {} : { maxDuration: maxTime }),
      ...(maxBytes === undefined ? {} : { maxTotalBytes: maxBytes }),
    },
    sitemaps: settings.sitemap,
    findSitemaps: settings.findSitemaps,
    dedupe: settings.dedupe,
    adaptive: !settings.steady,
    cookies: settings.cookies,
    ...(settings.followTraps ? { traps: noTraps } : {}),
    ...(settings.preferCanonical ? { canonical: 'prefer' } : {}),
    ...(first.length === 0
      ? {}
      : { priority: (url) => Number(first.some((each) => each.test(url))) }),
    ...(proxy === undefined ? {} : { proxy }),
    ...(warc === undefined ? {} : { warc }),
    ...(refresh === undefined ? {} : { refreshAfter: refresh }),
    ...(extract.length === 0
      ? {}
      : { extract: recordOf(extract), extractVersion: JSON.stringify(extract) }),
    normalize: {
      stripParameters: [...stripped, ...settings.stripQuery],
      sortQuery: settings.sortQuery,
    },
    obeyRobots: !settings.ignoreRobots,
    headers: Object.fromEntries(settings.header),
    headerOrigins: settings.headerOrigin,
    connect: {
      ...(settings.allowPrivate ? { allowAddress: () => true } : {}),
      ...(settings.insecure ? { tls: { rejectUnauthorized: false } } : {}),
    },
    ...(userAgent === undefined ? {} : { userAgent }),
  }
}

const noTraps: NonNullable<CrawlOptions['traps']> = {
  maxSegments: Infinity,
  maxRepeats: Infinity,
  maxParameters: Infinity,
  maxVariants: Infinity,
  maxSuspects: Infinity,
  yearsAhead: Infinity,
  yearsBack: Infinity,
}

/** What to read from each page. The selectors are only looked at here: an option need not wait for the crawler. */
function recordOf(extractions: readonly Extraction[]): Field<unknown> {
  const fields = extractions.map((each): [name: string, field: Field<unknown>] => {
    try {
      return [each.name, fieldOf(each)]
    } catch (error) {
      if (!(error instanceof MisuseError)) throw error
      throw new UsageError(`extract must have a CSS selector, got "${each.selector}"`)
    }
  })
  return record(Object.fromEntries(fields))
}

function fieldOf({ selector, attribute: name, all }: Extraction): Field<unknown> {
  if (all) return name === undefined ? list(selector) : list(selector, attribute(name))
  return name === undefined ? text(selector) : attribute(name, selector)
}
