import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { crawl } from '../../src/crawl/crawl.ts'
import type { CrawlOptions } from '../../src/crawl/crawl-options.ts'
import { record } from '../../src/extract/record.ts'
import { text } from '../../src/extract/text.ts'
import { StoreReader } from '../../src/store/store-reader.ts'
import { temporaryDirectory } from '../store/temporary-directory.ts'
import { sendPage, testSite, type TestSite } from './test-site.ts'

const traps = {
  maxSegments: Infinity,
  maxRepeats: Infinity,
  maxParameters: Infinity,
  maxVariants: Infinity,
  maxSuspects: Infinity,
  yearsAhead: Infinity,
  yearsBack: Infinity,
}

interface Site {
  readonly site: TestSite
  /** Whether its robots.txt forbids all. */
  closed: boolean
}

async function open(): Promise<Site> {
  const state = { closed: false }
  const site = await testSite((response, path) => {
    if (path === '/robots.txt') {
      response.end(state.closed ? 'User-agent: *\nDisallow: /' : '')
    } else {
      sendPage(response, path === '/' ? ['/a', '/x/b', '/1905/04/', '/c?d=1'] : [])
    }
  })
  return Object.assign(state, { site })
}

/** Crawls into one store again and again; gives the reasons of what is skipped then, by path. */
function crawler({
  site,
}: Site): (more?: Partial<CrawlOptions>) => Promise<Record<string, string>> {
  const store = join(temporaryDirectory(), 'crawl.db')
  return async (more = {}) => {
    await crawl({ seeds: [`${site.origin}/`], store, ...more })
    using reader = new StoreReader(store)
    const skipped = [...reader.skipped()]
    return Object.fromEntries(
      skipped.map(({ url, reason }) => [url.slice(site.origin.length), reason]),
    )
  }
}

describe('crawl judges again what it skipped before', () => {
  test('when robots.txt says something else', async () => {
    const web = await open()
    const run = crawler(web)
    await run({ limits: { maxPages: 1, concurrency: 1 } })
    web.closed = true
    expect(await run()).toMatchObject({ '/a': 'robots', '/x/b': 'robots' })
    expect(web.site.hits('/a')).toBe(0)
    web.closed = false
    expect(await run()).toEqual({})
    expect(web.site.hits('/a')).toBe(1)
  })

  test('when patterns, scope or traps are others, and only then', async () => {
    const web = await open()
    const run = crawler(web)
    const none = { traps: { maxSuspects: 0 }, scope: { exclude: [/\/x\//], maxDepth: 1 } }
    expect(await run(none)).toEqual({ '/x/b': 'exclude', '/1905/04/': 'trap' })
    expect(await run(none)).toEqual({ '/x/b': 'exclude', '/1905/04/': 'trap' })
    expect(await run({ ...none, scope: {} })).toEqual({ '/1905/04/': 'trap' })
    expect(await run({ scope: { exclude: [/\/x\//] } })).toEqual({ '/1905/04/': 'trap' })
    expect(await run({ traps })).toEqual({})
    for (const path of ['/a', '/x/b', '/1905/04/']) expect(web.site.hits(path)).toBe(1)
  })

  test('and what was refused for its address, when addresses are allowed', async () => {
    const inside = await testSite((response) => response.end('inside'))
    const site = await testSite((response, path) =>
      sendPage(response, path === '/' ? [`${inside.origin}/in`] : []),
    )
    const store = join(temporaryDirectory(), 'crawl.db')
    const options = { seeds: [`${site.origin}/`], store, scope: { within: 'anywhere' as const } }
    expect(await crawl(options)).toMatchObject({ failures: { address: 1 } })
    expect(inside.seen).toEqual([])
    const allowAddress = (): boolean => true
    expect(await crawl({ ...options, connect: { allowAddress } })).toMatchObject({ failed: 0 })
    expect(inside.hits('/in')).toBe(1)
  })
})

describe('crawl that extracts something else than before', () => {
  test('asks without conditions, once, and goes on with that when it was cut short', async () => {
    const asked: boolean[] = []
    const site = await testSite((response, path, _hit, { headers }) => {
      if (path === '/robots.txt') return response.writeHead(404).end()
      asked.push(headers['if-none-match'] !== undefined)
      if (headers['if-none-match'] !== undefined) return response.writeHead(304).end()
      response.writeHead(200, { 'content-type': 'text/html', etag: '"1"' })
      return response.end('<h1>H</h1><h2>I</h2><a href=/1>x</a><a href=/2>x</a>')
    })
    const store = join(temporaryDirectory(), 'crawl.db')
    const run = async (more: Partial<CrawlOptions> = {}): Promise<boolean[]> => {
      asked.length = 0
      await crawl({ seeds: [`${site.origin}/`], store, refreshAfter: 0, ...more })
      return [...asked]
    }
    const one = record({ a: text('h1') })
    const two = record({ a: text('h1'), b: text('h2') })
    expect(await run()).toEqual([false, false, false])
    expect(await run()).toEqual([true, true, true])
    expect(await run({ extract: one })).toEqual([false, false, false])
    expect(await run({ extract: one })).toEqual([true, true, true])
    expect(await run({ extract: one, extractVersion: '2' })).toEqual([false, false, false])
    const cut = { extract: two, limits: { maxPages: 1, concurrency: 1 } }
    expect(await run(cut)).toEqual([false])
    expect(await run({ extract: two, refreshAfter: 1e9 })).toEqual([false, false])
    using reader = new StoreReader(store)
    expect([...reader.records()].map(({ data }) => data)).toEqual(
      Array(3).fill('{"a":"H","b":"I"}'),
    )
  })
})
