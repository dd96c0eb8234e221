import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { DatabaseSync } from 'node:sqlite'
import { crawl } from '../../src/crawl/crawl.ts'
import type { CrawlProgress } from '../../src/crawl/crawl-progress.ts'
import { StoreReader } from '../../src/store/store-reader.ts'
import { hostileContent } from './hostile-content.ts'
import { goodPages, serveHostile } from './hostile-server.ts'
import { hostileTransport } from './hostile-transport.ts'

const cases = [...hostileTransport, ...hostileContent]

/** Rows of every host, in the words of `HostileCase`. */
const outcomes = new Map<string, string[]>()
let result: CrawlProgress
let directory: string
let reached: readonly string[] = []
let grown = 0
let took = 0

function rowsOf(store: string): void {
  const add = (url: string, text: (path: string) => string): void => {
    const { hostname, pathname, search } = new URL(url)
    const name = hostname.replace(/\.test$/, '')
    outcomes.set(name, [...(outcomes.get(name) ?? []), text(pathname + search)])
  }
  using reader = new StoreReader(store)
  for (const { url, status, note } of reader.pages()) {
    add(url, (path) => `page ${status} ${path}${note === null ? '' : ` # ${note}`}`)
  }
  for (const { url, kind, code } of reader.errors()) {
    add(url, (path) => `error ${kind} ${code} ${path}`)
  }
  using db = new DatabaseSync(store, { readOnly: true })
  const queued = db.prepare(`SELECT url FROM frontier WHERE state = 'queued'`).all()
  for (const row of queued) add(String(row['url']), (path) => `queued ${path}`)
  const byPath = (row: string): string => row.replace(/^(page \d+|error \S+ \S+|queued) /, '')
  for (const rows of outcomes.values()) {
    rows.sort((a, b) => (byPath(a) < byPath(b) ? -1 : 1))
  }
}

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'corral-'))
  const server = await serveHostile(cases)
  const store = join(directory, 'crawl.db')
  const used = (): number => process.memoryUsage().heapUsed + process.memoryUsage().external
  globalThis.gc?.()
  const before = used()
  const watch = setInterval(() => (grown = Math.max(grown, used() - before)), 20)
  const startedAt = performance.now()
  result = await crawl({
    seeds: [server.seed],
    store,
    scope: { within: 'anywhere' },
    findSitemaps: true,
    limits: {
      timeout: 10_000,
      attempts: 1,
      retryDelay: 10,
      maxRetryDelay: 100,
      maxCrawlDelay: 50,
      maxBytes: 2_500_000,
      breakFor: 100,
    },
    connect: { lookup: server.lookup, allowAddress: (address) => address === '127.0.0.1' },
  })
  took = performance.now() - startedAt
  clearInterval(watch)
  rowsOf(store)
  reached = server.reached
  await server[Symbol.asyncDispose]()
}, 120_000)

afterAll(() => rmSync(directory, { recursive: true, force: true }))

describe('crawl among hostile servers', () => {
  test.each(cases.map((each) => [each.name, each] as const))('records %s', (name, each) => {
    const rows = outcomes.get(name) ?? []
    if (typeof each.outcome === 'function') each.outcome(rows)
    else expect(rows).toEqual(each.outcome)
  })

  test('gets every good page meanwhile, and comes to its end', () => {
    expect(outcomes.get('good')).toHaveLength(goodPages + 1)
    expect(outcomes.get('good')?.every((row) => row.startsWith('page 200'))).toBe(true)
    expect(result).toMatchObject({ queued: 0, inFlight: 0 })
  })

  test('connects to nothing inside', () => {
    expect(reached).toEqual([])
  })

  test('takes neither more memory nor more time than it may', () => {
    expect(grown).toBeLessThan(256 * 1024 * 1024)
    expect(took).toBeLessThan(100_000)
  })

  test('consists of at least forty cases, each with a name of its own', () => {
    expect(new Set(cases.map(({ name }) => name)).size).toBe(cases.length)
    expect(cases.length).toBeGreaterThanOrEqual(40)
  })
})
