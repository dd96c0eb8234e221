import { trackingParameters, type CrawlOptions } from '@corral/crawl'
import type { CrawlSettings } from '../options/crawl-options.ts'

/** What the settings of the command mean to the library. */
export function crawlOptionsOf(seeds: readonly string[], settings: CrawlSettings): CrawlOptions {
  const { depth, maxPages, userAgent, include, exclude } = settings
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
    },
    normalize: {
      stripParameters: [...stripped, ...settings.stripQuery],
      sortQuery: settings.sortQuery,
    },
    obeyRobots: !settings.ignoreRobots,
    headers: Object.fromEntries(settings.header),
    ...(settings.allowPrivate ? { connect: { allowAddress: () => true } } : {}),
    ...(userAgent === undefined ? {} : { userAgent }),
  }
}
