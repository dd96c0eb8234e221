import { defaultCrawlLimits } from '@corral/crawl'
import { expect, test } from 'vitest'
import { crawlOptions } from '../../src/options/crawl-options.ts'
import { parseOptions } from '../../src/options/parse-options.ts'

test('crawlOptions have the defaults of the library, where they name one', () => {
  const { values } = parseOptions(crawlOptions, [])
  expect({
    concurrency: values.concurrency,
    concurrencyPerHost: values.perHost,
    delay: values.delay,
    timeout: values.timeout,
    attempts: values.retries + 1,
    maxBytes: values.maxBytes,
    maxLinks: values.maxLinks,
    maxRedirects: values.maxRedirects,
    jitter: values.jitter,
  }).toEqual({
    concurrency: defaultCrawlLimits.concurrency,
    concurrencyPerHost: defaultCrawlLimits.concurrencyPerHost,
    delay: defaultCrawlLimits.delay,
    timeout: defaultCrawlLimits.timeout,
    attempts: defaultCrawlLimits.attempts,
    maxBytes: defaultCrawlLimits.maxBytes,
    maxLinks: defaultCrawlLimits.maxLinks,
    maxRedirects: defaultCrawlLimits.maxRedirects,
    jitter: defaultCrawlLimits.jitter,
  })
  expect(values.store).toBe('crawl.db')
})
