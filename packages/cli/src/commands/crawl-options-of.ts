import {
  defaultCrawlLimits,
  trackingParameters,
  type CrawlLimits,
  type CrawlOptions,
} from '@corral/crawl'
import type { CrawlSettings } from '../options/crawl-options.ts'
import { extractionOptions } from './extraction-options.ts'

/** What the settings of the command mean to the library. */
export function crawlOptionsOf(seeds: readonly string[], settings: CrawlSettings): CrawlOptions {
  const { depth, userAgent, include, exclude, cookieFile } = settings
  const { refresh, extract, keep, proxy, warc, priority } = settings
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
    limits: limitsOf(settings),
    sitemaps: settings.sitemap,
    findSitemaps: settings.findSitemaps,
    dedupe: settings.dedupe,
    autoThrottle: settings.autoThrottle,
    cookies: settings.cookies,
    ...(cookieFile === undefined ? {} : { cookieFile }),
    ...(settings.followTraps ? { traps: noTraps } : {}),
    ...(settings.preferCanonical ? { canonical: 'prefer' } : {}),
    ...(priority.length === 0
      ? {}
      : { priority: (url) => Number(priority.some((each) => each.test(url))) }),
    ...(proxy.length === 0 ? {} : { proxy }),
    http2: settings.http2,
    ...(warc === undefined ? {} : { warc }),
    ...(refresh === undefined ? {} : { refreshAfter: refresh }),
    ...(extract.length === 0 ? {} : extractionOptions(extract)),
    ...(keep === undefined ? {} : { keep }),
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

/** Limits have the names that the library has for them, but for two that are shorter. */
function limitsOf(settings: CrawlSettings): Partial<CrawlLimits> {
  const named: Partial<Record<string, unknown>> = {
    ...settings,
    concurrencyPerHost: settings.perHost,
    attempts: settings.retries + 1,
  }
  const limits = Object.keys(defaultCrawlLimits).flatMap((name) =>
    named[name] === undefined ? [] : [[name, named[name]]],
  )
  return Object.fromEntries(limits) as Partial<CrawlLimits>
}
