import { describe, expect, test } from 'vitest'
import type { FrontierEntry, Outcome } from '../../src/store/outcome.ts'
import { failureOutcome, link, pageOutcome, somePage } from './outcomes.ts'
import { openCounting, openFor, readAll, rowsOf, storeKinds, type Counting } from './stores.ts'

async function claimOne(engine: Counting): Promise<FrontierEntry> {
  const [entry] = await engine.claim(1, Infinity)
  if (entry === undefined) throw new Error('nothing is queued')
  return entry
}

describe.each(storeKinds())('a store in $name', ({ newStore }) => {
  test('queues failed URLs again: all of them, or those that are seeds', async () => {
    const store = await openCounting(newStore())
    const urls = ['http://a.test/1', 'http://a.test/2', 'http://b.test/3', 'http://b.test/4']
    await store.seed(urls)
    const [one, two, three, four] = (await store.claim(4, 4)) as [
      FrontierEntry,
      FrontierEntry,
      FrontierEntry,
      FrontierEntry,
    ]
    await store.commit([
      failureOutcome(one, 'dns'),
      failureOutcome(two),
      failureOutcome(three),
      pageOutcome(four),
    ])
    expect(store.counts()).toMatchObject({ queued: 0, failed: 3, failures: { dns: 1, http: 2 } })

    expect(await store.seed([two.url, four.url])).toMatchObject({
      queued: 1,
      pages: 1,
      failed: 2,
      failures: { dns: 1, http: 1 },
    })
    expect(await store.claim(4, 4)).toEqual([two])
    await store.commit([pageOutcome(two)])

    expect(await store.retryFailed()).toMatchObject({
      queued: 2,
      pages: 2,
      failed: 0,
      failures: {},
    })
    const again = (await store.claim(4, 4)).map(({ url }) => url)
    expect(again.toSorted()).toEqual([one.url, three.url])
    expect(await store.retryFailed()).toMatchObject({ queued: 2, pages: 2, failed: 0 })
  })

  test('keeps pages, links, failures and the queue, and shows them in its views', async () => {
    const file = newStore()
    const store = await openCounting(file)
    await store.seed(['http://a.test/'])
    await store.commit([
      pageOutcome(await claimOne(store), [
        link('http://a.test/x'),
        link('http://b.test/', 'host'),
        link('http://a.test/y'),
      ]),
    ])
    const counts = await store.commit([failureOutcome(await claimOne(store), 'timeout')])

    expect(counts).toEqual({
      queued: 1,
      pages: 1,
      failed: 1,
      skipped: 1,
      bytes: 100,
      failures: { timeout: 1 },
    })
    expect(await rowsOf(file, 'SELECT url, status, title, depth, redirect_url FROM pages')).toEqual(
      [{ url: 'http://a.test/', status: 200, title: 'A page', depth: 0, redirect_url: null }],
    )
    expect(await rowsOf(file, 'SELECT from_url, to_url FROM links ORDER BY to_url')).toEqual([
      { from_url: 'http://a.test/', to_url: 'http://a.test/x' },
      { from_url: 'http://a.test/', to_url: 'http://a.test/y' },
      { from_url: 'http://a.test/', to_url: 'http://b.test/' },
    ])
    expect(
      await rowsOf(file, 'SELECT url, kind, code, message, attempts, failed_at FROM errors'),
    ).toEqual([
      {
        url: 'http://a.test/x',
        kind: 'timeout',
        code: '404',
        message: 'status 404',
        attempts: 1,
        failed_at: 1_700_000_000_000,
      },
    ])
    expect(
      await rowsOf(file, 'SELECT url, state, depth, reason FROM frontier ORDER BY url'),
    ).toEqual([
      { url: 'http://a.test/', state: 'done', depth: 0, reason: null },
      { url: 'http://a.test/x', state: 'failed', depth: 1, reason: null },
      { url: 'http://a.test/y', state: 'queued', depth: 1, reason: null },
      { url: 'http://b.test/', state: 'skipped', depth: 1, reason: 'host' },
    ])
  })

  test('goes on where it stood: what was claimed and has no outcome is queued again', async () => {
    const file = newStore()
    const first = await openCounting(file)
    await first.seed(['http://a.test/1', 'http://a.test/2', 'http://a.test/3'])
    const entries = await first.claim(10, 10)
    expect(entries).toHaveLength(3)
    expect(await first.claim(10, 10)).toEqual([])
    await first.commit([pageOutcome(entries[1] as FrontierEntry)])
    await first.close()

    const second = await openCounting(file)
    expect(second.counts()).toMatchObject({ queued: 2, pages: 1 })
    await second.seed(['http://a.test/1', 'http://a.test/2'])
    expect((await second.claim(10, 10)).map((entry) => entry.url)).toEqual([
      'http://a.test/1',
      'http://a.test/3',
    ])
  })

  test('keeps the first outcome of a URL and counts it once', async () => {
    const store = await openCounting(newStore())
    await store.seed(['http://a.test/'])
    const entry = await claimOne(store)
    await store.commit([pageOutcome(entry), pageOutcome(entry), failureOutcome(entry)])
    expect(await store.commit([failureOutcome(entry)])).toMatchObject({
      queued: 0,
      pages: 1,
      failed: 0,
    })
  })

  test('hands out URLs by depth, and origins in turn', async () => {
    const store = await openCounting(newStore())
    await store.seed(['http://a.test/'])
    const links = Array.from({ length: 100 }, (_, index) => link(`http://a.test/${index}`))
    await store.commit([
      pageOutcome(await claimOne(store), [
        ...links,
        link('http://b.test/'),
        link('http://c.test/'),
      ]),
    ])

    const batch = (await store.claim(6, 4)).map((entry) => entry.url)
    expect(batch.toSorted()).toEqual([
      'http://a.test/0',
      'http://a.test/1',
      'http://a.test/2',
      'http://a.test/3',
      'http://b.test/',
      'http://c.test/',
    ])
    expect(await store.claim(10, 4)).toEqual([])
    expect((await store.claim(10, 6)).map((entry) => entry.url)).toEqual([
      'http://a.test/4',
      'http://a.test/5',
    ])
  })

  test('hands out every URL once, whatever the order of claims and outcomes', async () => {
    const store = await openCounting(newStore())
    const all = Array.from({ length: 150 }, (_, index) => `http://h${index % 7}.test/${index}`)
    await store.seed(all)
    const seen: string[] = []
    const inFlight: FrontierEntry[] = []
    for (let step = 0; step < 10_000; step++) {
      inFlight.push(...(await store.claim(1 + (step % 11), 5)))
      if (inFlight.length === 0) break
      const done = inFlight.splice(step % inFlight.length, 1 + (step % 3))
      seen.push(...done.map((entry) => entry.url))
      await store.commit(done.map((entry) => pageOutcome(entry)))
    }
    expect(seen.toSorted()).toEqual(all.toSorted())
  })

  test('follows redirects by hop and reports the one that closes a circle', async () => {
    const file = newStore()
    const store = await openCounting(file)
    await store.seed(['http://a.test/1'])
    await store.commit([pageOutcome(await claimOne(store), [], link('http://a.test/2'))])
    const second = await claimOne(store)
    expect(second).toMatchObject({ url: 'http://a.test/2', depth: 0, hops: 1 })
    await store.commit([pageOutcome(second, [], link('http://a.test/3'))])
    const third = await claimOne(store)
    expect(third).toMatchObject({ url: 'http://a.test/3', hops: 2 })
    const counts = await store.commit([pageOutcome(third, [], link('http://a.test/1'))])
    expect(counts).toMatchObject({ queued: 0, pages: 2, failed: 1, failures: { redirect: 1 } })
    expect(await rowsOf(file, 'SELECT url, code, message FROM errors')).toEqual([
      {
        url: 'http://a.test/3',
        code: 'REDIRECT_LOOP',
        message: 'redirects in a circle, by way of http://a.test/1',
      },
    ])
    expect(await rowsOf(file, 'SELECT url, redirect_url FROM pages ORDER BY url')).toEqual([
      { url: 'http://a.test/1', redirect_url: 'http://a.test/2' },
      { url: 'http://a.test/2', redirect_url: 'http://a.test/3' },
    ])
  })

  test('reports a redirect to itself', async () => {
    const store = await openCounting(newStore())
    await store.seed(['http://a.test/1'])
    const counts = await store.commit([
      pageOutcome(await claimOne(store), [], link('http://a.test/1')),
    ])
    expect(counts).toMatchObject({ queued: 0, pages: 0, failures: { redirect: 1 } })
  })

  test('queues what was skipped when a way is found that may be followed', async () => {
    const store = await openCounting(newStore())
    await store.seed(['http://a.test/', 'http://a.test/other'])
    const [root, other] = (await store.claim(2, 2)) as [FrontierEntry, FrontierEntry]
    await store.commit([
      pageOutcome(root, [link('http://a.test/x', 'nofollow'), link('http://b.test/', 'host')]),
    ])
    expect(store.counts()).toMatchObject({ queued: 1, skipped: 2 })
    await store.commit([pageOutcome(other, [link('http://a.test/x')])])
    expect(store.counts()).toMatchObject({ queued: 1, skipped: 1 })
    await store.seed(['http://b.test/'])
    expect(store.counts()).toMatchObject({ queued: 2, skipped: 0 })
  })

  test('never queues again what robots.txt forbids', async () => {
    const store = await openCounting(newStore())
    await store.seed(['http://a.test/', 'http://a.test/other'])
    const [root, other] = (await store.claim(2, 2)) as [FrontierEntry, FrontierEntry]
    await store.commit([{ result: 'skip', entry: root, reason: 'robots' }])
    expect(await store.commit([pageOutcome(other, [link('http://a.test/')])])).toMatchObject({
      queued: 0,
      skipped: 1,
    })
  })

  test('knows the shortest way to a page, in whatever order the answers come', async () => {
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
    const depthsOf = async (order: string[]): Promise<unknown[]> => {
      const file = newStore()
      const store = await openCounting(file, { maxDepth })
      await store.seed(['http://a.test/root'])
      const claimed = new Map<string, FrontierEntry>()
      while (store.counts().queued > 0) {
        for (const entry of await store.claim(100, 100)) claimed.set(entry.url.slice(14), entry)
        const name = order.find((each) => claimed.has(each)) as string
        // The depth is the one of the time when it was claimed.
        const entry = claimed.get(name) as FrontierEntry
        claimed.delete(name)
        const depth = entry.depth + 1
        const links = (graph[name] ?? []).map((each) =>
          link(`http://a.test/${each}`, depth > maxDepth ? 'depth' : undefined),
        )
        await store.commit([pageOutcome(entry, links)])
      }
      await store.close()
      return await rowsOf(file, 'SELECT url, depth, state FROM frontier ORDER BY url')
    }
    const names = Object.keys(graph)
    const slowLast = await depthsOf(['root', 'a', 'b', 'goal', 'far', 'slow'])
    expect(slowLast).toEqual(await depthsOf(names))
    expect(await depthsOf(['root', 'a', 'b', 'slow', 'goal', 'far'])).toEqual(slowLast)
    expect(slowLast).toContainEqual({ url: 'http://a.test/far', depth: 3, state: 'done' })
    expect(slowLast).toContainEqual({ url: 'http://a.test/farther', depth: 4, state: 'skipped' })
  })

  test('lets in what a greater depth allows when it is opened again', async () => {
    const file = newStore()
    const first = await openCounting(file, { maxDepth: 0 })
    await first.seed(['http://a.test/'])
    await first.commit([pageOutcome(await claimOne(first), [link('http://a.test/x', 'depth')])])
    await first.seed(['http://a.test/'])
    expect(first.counts()).toMatchObject({ queued: 0, skipped: 1 })
    await first.close()
    const second = await openCounting(file, { maxDepth: 1 })
    await second.seed(['http://a.test/'])
    expect(second.counts()).toMatchObject({ queued: 1, skipped: 0 })
  })

  test('changes nothing when a transaction fails half-way, and goes on', async () => {
    const file = newStore()
    const store = await openCounting(file)
    await store.seed(['http://a.test/'])
    const entry = await claimOne(store)
    const broken = pageOutcome(entry, [
      link('http://a.test/new'),
      { ...link('http://a.test/x'), kind: {} as string },
    ])
    await expect(store.commit([broken])).rejects.toThrow(/kind/)
    expect(store.counts()).toMatchObject({ queued: 1, pages: 0 })
    expect(await rowsOf(file, 'SELECT url FROM frontier')).toEqual([{ url: 'http://a.test/' }])
    await store.commit([pageOutcome(entry, [link('http://a.test/new')])])
    expect(store.counts()).toMatchObject({ queued: 1, pages: 1 })
    expect(await rowsOf(file, 'SELECT to_url FROM links')).toEqual([
      { to_url: 'http://a.test/new' },
    ])
  })

  test('counts in its tally what the tables hold', async () => {
    const file = newStore()
    const store = await openCounting(file, { maxDepth: 3 })
    await store.seed(['http://a.test/0'])
    for (let step = 1; store.counts().queued > 0 && step < 300; step++) {
      const outcomes = (await store.claim(3, 3)).map((entry, index) => {
        if ((step + index) % 7 === 0) return failureOutcome(entry, index === 0 ? 'http' : 'dns')
        const targets = [1, 2, 3].map((each) => (Number(entry.url.slice(14)) * 3 + each) % 200)
        const depth = entry.depth + 1
        return pageOutcome(
          entry,
          targets.map((target) => link(`http://a.test/${target}`, depth > 3 ? 'depth' : undefined)),
        )
      })
      await store.commit(outcomes)
    }
    const counts = store.counts()
    const states = await rowsOf(
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

  test('remembers cookies, options, redirects, and what is skipped', async () => {
    const store = await openFor(newStore())
    expect(await store.cookies()).toEqual([])
    await store.keepCookies([{ domain: 'a.test', jar: '{"a":1}' }])
    await store.keepCookies([{ domain: 'a.test', jar: '{"a":2}' }])
    expect(await store.cookies()).toEqual([{ domain: 'a.test', jar: '{"a":2}' }])

    expect(await store.note(1, 7, 1000)).toEqual({ isNew: true, extractionSince: 1000 })
    expect(await store.note(1, 7, 2000)).toEqual({ isNew: false, extractionSince: 1000 })
    expect(await store.note(2, 8, 3000)).toEqual({ isNew: true, extractionSince: 3000 })

    await store.seed(['http://a.test/1'])
    for (const next of ['http://a.test/2', 'http://a.test/3']) {
      const [entry] = (await store.claim(1, 1)) as [FrontierEntry]
      await store.commit([pageOutcome(entry, [], link(next))])
    }
    expect(await store.redirectsOf(['http://a.test/1'])).toEqual([
      { source: 'http://a.test/1', target: 'http://a.test/2' },
      { source: 'http://a.test/2', target: 'http://a.test/3' },
    ])
    expect(await store.redirectsOf(['http://a.test/3', 'http://a.test/none'])).toEqual([])

    const [third] = (await store.claim(1, 1)) as [FrontierEntry]
    const outside = ['http://b.test/', 'http://c.test/', 'http://d.test/x']
    const links = outside.map((url) => link(url, url.endsWith('x') ? 'exclude' : 'host'))
    await store.commit([pageOutcome(third, links)])
    const first = await store.skipped(0, 1)
    expect(first).toMatchObject([{ url: 'http://b.test/', depth: 1, reason: 'host' }])
    const rest = await store.skipped(first[0]?.id ?? 0, 10)
    expect(rest.map(({ url }) => url)).toEqual(outside.slice(1))
    expect(await store.skipped(0, 10, 'exclude')).toEqual(rest.slice(1))
    await store.unskip(rest.map(({ id }) => id))
    expect(store.counts).toMatchObject({ queued: 2, skipped: 1 })
    expect((await store.claim(9, 9)).map(({ url }) => url).toSorted()).toEqual(outside.slice(1))
  })

  test('keeps text that no database would take as it is', async () => {
    const name = newStore()
    const store = await openCounting(name)
    await store.seed(['http://a.test/1', 'http://a.test/2'])
    const [one, two] = (await store.claim(2, 2)) as [FrontierEntry, FrontierEntry]
    const odd = `a${String.fromCharCode(0)}b${String.fromCharCode(0xd800)}c "\\{},`
    const page = { ...somePage, title: odd, note: odd, data: JSON.stringify({ odd }) }
    await store.commit([
      { result: 'page', entry: one, page, links: [] },
      {
        ...failureOutcome(two),
        failure: { ...somePage, kind: 'x', code: odd, message: odd, failedAt: 1 },
      },
    ] as Outcome[])
    const [row] = await readAll(name, (reader) => reader.pages())
    expect(row?.title).toMatch(/^a.*c "\\\{\},$/s)
    const [record] = await readAll(name, (reader) => reader.records())
    expect(JSON.parse(record?.data ?? '')).toEqual({ odd })
    expect(store.counts()).toMatchObject({ pages: 1, failed: 1 })
  })
})
