import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { FrontierEntry } from '../../src/store/outcome.ts'
import { StoreEngine, type StoreEngineOptions } from '../../src/store/store-engine.ts'
import { failureOutcome, link, pageOutcome } from './outcomes.ts'
import { temporaryDirectory } from './temporary-directory.ts'

function newFile(): string {
  return join(temporaryDirectory(), 'crawl.db')
}

function open(file: string, options?: StoreEngineOptions): StoreEngine {
  const engine = new StoreEngine(file, options)
  onTestFinished(() => {
    try {
      engine.close()
    } catch {
      // Closed by the test.
    }
  })
  return engine
}

function rows(file: string, sql: string): unknown[] {
  using db = new DatabaseSync(file, { readOnly: true })
  return db
    .prepare(sql)
    .all()
    .map((row) => ({ ...row }))
}

function claimOne(engine: StoreEngine): FrontierEntry {
  const [entry] = engine.claim(1, Infinity)
  if (entry === undefined) throw new Error('nothing is queued')
  return entry
}

describe('StoreEngine', () => {
  test('queues failed URLs again: all of them, or those that are seeds', () => {
    const engine = open(newFile())
    const urls = ['http://a.test/1', 'http://a.test/2', 'http://b.test/3', 'http://b.test/4']
    engine.seed(urls)
    const [one, two, three, four] = engine.claim(4, 4) as [
      FrontierEntry,
      FrontierEntry,
      FrontierEntry,
      FrontierEntry,
    ]
    engine.commit([
      failureOutcome(one, 'dns'),
      failureOutcome(two),
      failureOutcome(three),
      pageOutcome(four),
    ])
    expect(engine.counts()).toMatchObject({ queued: 0, failed: 3, failures: { dns: 1, http: 2 } })

    expect(engine.seed([two.url, four.url])).toMatchObject({
      queued: 1,
      pages: 1,
      failed: 2,
      failures: { dns: 1, http: 1 },
    })
    expect(engine.claim(4, 4)).toEqual([two])
    engine.commit([pageOutcome(two)])

    expect(engine.retryFailed()).toMatchObject({ queued: 2, pages: 2, failed: 0, failures: {} })
    expect(engine.claim(4, 4).map(({ url }) => url)).toEqual([three.url, one.url])
    expect(engine.retryFailed()).toMatchObject({ queued: 2, pages: 2, failed: 0 })
  })

  test('keeps pages, links, failures and the queue, and shows them in its views', () => {
    const file = newFile()
    const engine = open(file)
    engine.seed(['http://a.test/'])
    engine.commit([
      pageOutcome(claimOne(engine), [
        link('http://a.test/x'),
        link('http://b.test/', 'host'),
        link('http://a.test/y'),
      ]),
    ])
    const counts = engine.commit([failureOutcome(claimOne(engine), 'timeout')])

    expect(counts).toEqual({
      queued: 1,
      pages: 1,
      failed: 1,
      skipped: 1,
      bytes: 100,
      failures: { timeout: 1 },
    })
    expect(rows(file, 'SELECT url, status, title, depth, redirect_url FROM pages')).toEqual([
      { url: 'http://a.test/', status: 200, title: 'A page', depth: 0, redirect_url: null },
    ])
    expect(rows(file, 'SELECT from_url, to_url FROM links ORDER BY to_url')).toEqual([
      { from_url: 'http://a.test/', to_url: 'http://a.test/x' },
      { from_url: 'http://a.test/', to_url: 'http://a.test/y' },
      { from_url: 'http://a.test/', to_url: 'http://b.test/' },
    ])
    expect(rows(file, 'SELECT url, kind, code, message, attempts, failed_at FROM errors')).toEqual([
      {
        url: 'http://a.test/x',
        kind: 'timeout',
        code: '404',
        message: 'status 404',
        attempts: 1,
        failed_at: 1_700_000_000_000,
      },
    ])
    expect(rows(file, 'SELECT url, state, depth, reason FROM frontier ORDER BY url')).toEqual([
      { url: 'http://a.test/', state: 'done', depth: 0, reason: null },
      { url: 'http://a.test/x', state: 'failed', depth: 1, reason: null },
      { url: 'http://a.test/y', state: 'queued', depth: 1, reason: null },
      { url: 'http://b.test/', state: 'skipped', depth: 1, reason: 'host' },
    ])
  })

  test('goes on where it stood: what was claimed and has no outcome is queued again', () => {
    const file = newFile()
    const first = open(file)
    first.seed(['http://a.test/1', 'http://a.test/2', 'http://a.test/3'])
    const entries = first.claim(10, 10)
    expect(entries).toHaveLength(3)
    expect(first.claim(10, 10)).toEqual([])
    first.commit([pageOutcome(entries[1] as FrontierEntry)])
    first.close()

    const second = open(file)
    expect(second.counts()).toMatchObject({ queued: 2, pages: 1 })
    second.seed(['http://a.test/1', 'http://a.test/2'])
    expect(second.claim(10, 10).map((entry) => entry.url)).toEqual([
      'http://a.test/1',
      'http://a.test/3',
    ])
  })

  test('keeps the first outcome of a URL and counts it once', () => {
    const engine = open(newFile())
    engine.seed(['http://a.test/'])
    const entry = claimOne(engine)
    engine.commit([pageOutcome(entry), pageOutcome(entry), failureOutcome(entry)])
    expect(engine.commit([failureOutcome(entry)])).toMatchObject({ queued: 0, pages: 1, failed: 0 })
  })

  test('hands out URLs by depth, and origins in turn', () => {
    const engine = open(newFile())
    engine.seed(['http://a.test/'])
    const links = Array.from({ length: 100 }, (_, index) => link(`http://a.test/${index}`))
    engine.commit([
      pageOutcome(claimOne(engine), [...links, link('http://b.test/'), link('http://c.test/')]),
    ])

    const batch = engine.claim(6, 4).map((entry) => entry.url)
    expect(batch.toSorted()).toEqual([
      'http://a.test/0',
      'http://a.test/1',
      'http://a.test/2',
      'http://a.test/3',
      'http://b.test/',
      'http://c.test/',
    ])
    expect(engine.claim(10, 4)).toEqual([])
    expect(engine.claim(10, 6).map((entry) => entry.url)).toEqual([
      'http://a.test/4',
      'http://a.test/5',
    ])
  })

  test('hands out every URL once, whatever the order of claims and outcomes', () => {
    const engine = open(newFile())
    const all = Array.from({ length: 500 }, (_, index) => `http://h${index % 7}.test/${index}`)
    engine.seed(all)
    const seen: string[] = []
    const inFlight: FrontierEntry[] = []
    for (let step = 0; step < 10_000; step++) {
      inFlight.push(...engine.claim(1 + (step % 11), 5))
      if (inFlight.length === 0) break
      const done = inFlight.splice(step % inFlight.length, 1 + (step % 3))
      seen.push(...done.map((entry) => entry.url))
      engine.commit(done.map((entry) => pageOutcome(entry)))
    }
    expect(seen.toSorted()).toEqual(all.toSorted())
  })

  test('follows redirects by hop and reports the one that closes a circle', () => {
    const file = newFile()
    const engine = open(file)
    engine.seed(['http://a.test/1'])
    engine.commit([pageOutcome(claimOne(engine), [], link('http://a.test/2'))])
    const second = claimOne(engine)
    expect(second).toMatchObject({ url: 'http://a.test/2', depth: 0, hops: 1 })
    engine.commit([pageOutcome(second, [], link('http://a.test/3'))])
    const third = claimOne(engine)
    expect(third).toMatchObject({ url: 'http://a.test/3', hops: 2 })
    const counts = engine.commit([pageOutcome(third, [], link('http://a.test/1'))])
    expect(counts).toMatchObject({ queued: 0, pages: 2, failed: 1, failures: { redirect: 1 } })
    expect(rows(file, 'SELECT url, code, message FROM errors')).toEqual([
      {
        url: 'http://a.test/3',
        code: 'REDIRECT_LOOP',
        message: 'redirects in a circle, by way of http://a.test/1',
      },
    ])
    expect(rows(file, 'SELECT url, redirect_url FROM pages ORDER BY url')).toEqual([
      { url: 'http://a.test/1', redirect_url: 'http://a.test/2' },
      { url: 'http://a.test/2', redirect_url: 'http://a.test/3' },
    ])
  })

  test('reports a redirect to itself', () => {
    const engine = open(newFile())
    engine.seed(['http://a.test/1'])
    const counts = engine.commit([pageOutcome(claimOne(engine), [], link('http://a.test/1'))])
    expect(counts).toMatchObject({ queued: 0, pages: 0, failures: { redirect: 1 } })
  })

  test('queues what was skipped when a way is found that may be followed', () => {
    const engine = open(newFile())
    engine.seed(['http://a.test/', 'http://a.test/other'])
    const [root, other] = engine.claim(2, 2) as [FrontierEntry, FrontierEntry]
    engine.commit([
      pageOutcome(root, [link('http://a.test/x', 'nofollow'), link('http://b.test/', 'host')]),
    ])
    expect(engine.counts()).toMatchObject({ queued: 1, skipped: 2 })
    engine.commit([pageOutcome(other, [link('http://a.test/x')])])
    expect(engine.counts()).toMatchObject({ queued: 1, skipped: 1 })
    engine.seed(['http://b.test/'])
    expect(engine.counts()).toMatchObject({ queued: 2, skipped: 0 })
  })

  test('never queues again what robots.txt forbids', () => {
    const engine = open(newFile())
    engine.seed(['http://a.test/', 'http://a.test/other'])
    const [root, other] = engine.claim(2, 2) as [FrontierEntry, FrontierEntry]
    engine.commit([{ result: 'skip', entry: root, reason: 'robots' }])
    expect(engine.commit([pageOutcome(other, [link('http://a.test/')])])).toMatchObject({
      queued: 0,
      skipped: 1,
    })
  })

  test('knows the shortest way to a page, in whatever order the answers come', () => {
    // root -> slow -> goal -> far, and root -> a -> b -> goal, which answers first.
    const graph: Record<string, string[]> = {
      root: ['slow', 'a'],
      slow: ['goal'],
      a: ['b'],
      b: ['goal'],
      goal: ['far'],
      far: ['farther'],
      farther: [],
    }
    const maxDepth = 3
    const depthsOf = (order: string[]): unknown[] => {
      const file = newFile()
      const engine = open(file, { maxDepth })
      engine.seed(['http://a.test/root'])
      const claimed = new Map<string, FrontierEntry>()
      while (engine.counts().queued > 0) {
        for (const entry of engine.claim(100, 100)) claimed.set(entry.url.slice(14), entry)
        const name = order.find((each) => claimed.has(each)) as string
        // The depth is the one of the time when it was claimed.
        const entry = claimed.get(name) as FrontierEntry
        claimed.delete(name)
        const depth = entry.depth + 1
        const links = (graph[name] ?? []).map((each) =>
          link(`http://a.test/${each}`, depth > maxDepth ? 'depth' : undefined),
        )
        engine.commit([pageOutcome(entry, links)])
      }
      engine.close()
      return rows(file, 'SELECT url, depth, state FROM frontier ORDER BY url')
    }
    const names = Object.keys(graph)
    const slowLast = depthsOf(['root', 'a', 'b', 'goal', 'far', 'slow'])
    expect(slowLast).toEqual(depthsOf(names))
    expect(depthsOf(['root', 'a', 'b', 'slow', 'goal', 'far'])).toEqual(slowLast)
    expect(slowLast).toContainEqual({ url: 'http://a.test/far', depth: 3, state: 'done' })
    expect(slowLast).toContainEqual({ url: 'http://a.test/farther', depth: 4, state: 'skipped' })
  })

  test('lets in what a greater depth allows when it is opened again', () => {
    const file = newFile()
    const first = open(file, { maxDepth: 0 })
    first.seed(['http://a.test/'])
    first.commit([pageOutcome(claimOne(first), [link('http://a.test/x', 'depth')])])
    first.seed(['http://a.test/'])
    expect(first.counts()).toMatchObject({ queued: 0, skipped: 1 })
    first.close()
    const second = open(file, { maxDepth: 1 })
    second.seed(['http://a.test/'])
    expect(second.counts()).toMatchObject({ queued: 1, skipped: 0 })
  })

  test('changes nothing when a transaction fails half-way, and goes on', () => {
    const file = newFile()
    const engine = open(file)
    engine.seed(['http://a.test/'])
    const entry = claimOne(engine)
    const broken = pageOutcome(entry, [
      link('http://a.test/new'),
      { ...link('http://a.test/x'), kind: {} as string },
    ])
    expect(() => engine.commit([broken])).toThrow(/store .* failed/)
    expect(engine.counts()).toMatchObject({ queued: 1, pages: 0 })
    expect(rows(file, 'SELECT url FROM frontier')).toEqual([{ url: 'http://a.test/' }])
    engine.commit([pageOutcome(entry, [link('http://a.test/new')])])
    expect(engine.counts()).toMatchObject({ queued: 1, pages: 1 })
    expect(rows(file, 'SELECT to_url FROM links')).toEqual([{ to_url: 'http://a.test/new' }])
  })

  test('says that it is full and keeps what it has', () => {
    const file = newFile()
    const engine = open(file, { maxFileSize: 200_000 })
    engine.seed(['http://a.test/'])
    const entry = claimOne(engine)
    const links = Array.from({ length: 5000 }, (_, index) => link(`http://a.test/${index}`))
    expect(() => engine.commit([pageOutcome(entry, links)])).toThrow(
      expect.objectContaining({ code: 'STORE_FULL', file }),
    )
    expect(engine.counts()).toMatchObject({ queued: 1, pages: 0 })
    engine.commit([pageOutcome(entry, links.slice(0, 10))])
    engine.close()
    expect(open(file).counts()).toMatchObject({ queued: 10, pages: 1 })
  })

  test('counts in its tally what the tables hold', () => {
    const file = newFile()
    const engine = open(file, { maxDepth: 3 })
    engine.seed(['http://a.test/0'])
    for (let step = 1; engine.counts().queued > 0 && step < 300; step++) {
      const outcomes = engine.claim(3, 3).map((entry, index) => {
        if ((step + index) % 7 === 0) return failureOutcome(entry, index === 0 ? 'http' : 'dns')
        const targets = [1, 2, 3].map((each) => (Number(entry.url.slice(14)) * 3 + each) % 200)
        const depth = entry.depth + 1
        return pageOutcome(
          entry,
          targets.map((target) => link(`http://a.test/${target}`, depth > 3 ? 'depth' : undefined)),
        )
      })
      engine.commit(outcomes)
    }
    const counts = engine.counts()
    const states = rows(
      file,
      'SELECT state, count(*) AS count FROM frontier GROUP BY state ORDER BY state',
    )
    expect(states).toEqual(
      [
        { state: 'done', count: counts.pages },
        { state: 'failed', count: counts.failed },
        { state: 'queued', count: counts.queued },
        { state: 'skipped', count: counts.skipped },
      ].filter(({ count }) => count > 0),
    )
    expect(counts.pages).toBeGreaterThan(10)
    expect(Object.values(counts.failures).reduce((sum, each) => sum + each, 0)).toBe(counts.failed)
  })
})
