import { describe, expect, test } from 'vitest'
import { formatSummary } from '../../src/summary/format-summary.ts'
import { endOf, summarizeRun, type StoreSummary } from '../../src/summary/crawl-summary.ts'
import { progressOf } from '../crawl-progress.ts'

const store: StoreSummary = {
  pages: 1372,
  bytes: 1_500_000,
  queued: 0,
  failed: 21,
  skipped: 14,
  statuses: { 200: 1350, 204: 1, 301: 21, 404: 9, 500: 1 },
  failures: { body: 4, http: 10, timeout: 7 },
  skippedFor: { robots: 3, host: 9, trap: 2 },
}

describe('formatSummary', () => {
  test('sums up a crawl that is complete', () => {
    const text = formatSummary(store, {
      file: 'crawl.db',
      run: { end: 'done', newPages: 1372, elapsed: 4200, retries: 3 },
      exported: 'out.csv',
      next: [['failures', 'corral crawl failures']],
    })
    expect(text).toBe(`Crawl complete

  pages    1,372
  bytes    1.4 MB
  time     4.2 s
  rate     327 pages/s
  retries  3
  answers  2xx 1,351, 3xx 21, 4xx 9, 5xx 1
  failed   21: http 10, timeout 7, body 4
  skipped  14: host 9, robots 3, trap 2
  queued   0
  store    crawl.db
  export   out.csv

2 URLs look as if they went on without an end: --follow-traps follows them.

Next
  failures  corral crawl failures
`)
  })

  test('tells this run from those before it', () => {
    const run = { end: 'interrupted', newPages: 72, elapsed: 0, retries: 0 } as const
    const text = formatSummary({ ...store, queued: 500 }, { file: 'a.db', run })
    expect(text).toContain('Crawl interrupted: everything fetched so far is stored\n')
    expect(text).toContain('  pages    1,372, 72 of them in this run\n')
    expect(text).toContain('  rate     0.0 pages/s\n')
    expect(text).toContain('  queued   500\n')
    expect(text).not.toContain('Next')
  })

  test('shows a store without a run, and an empty one', () => {
    const empty = {
      ...store,
      pages: 0,
      bytes: 0,
      failed: 0,
      skipped: 0,
      statuses: {},
      failures: {},
      skippedFor: {},
    }
    expect(formatSummary(empty, { file: 'x\u001B[2J.db' })).toBe(`  pages    0
  bytes    0 B
  answers  none
  failed   0
  skipped  0
  queued   0
  store    x [2J.db
`)
  })
})

describe('endOf and summarizeRun', () => {
  const queued = { ...store, queued: 5 }

  test('says why the crawl ended', () => {
    const none = { maxPages: undefined, maxTotalBytes: undefined }
    expect(endOf(store, none)).toBe('done')
    expect(endOf(queued, { ...none, maxPages: 1372 })).toBe('max-pages')
    expect(endOf(queued, { maxPages: 2000, maxTotalBytes: 1_500_000 })).toBe('max-total-bytes')
    expect(endOf(queued, { maxPages: 2000, maxTotalBytes: 2_000_000 })).toBe('max-time')
  })

  test('counts the pages that were stored after the last progress', () => {
    const last = progressOf({ pages: 1300, newPages: 300 })
    expect(summarizeRun(store, last, 'interrupted').newPages).toBe(372)
    expect(summarizeRun(store, undefined, 'interrupted').newPages).toBe(0)
  })
})
