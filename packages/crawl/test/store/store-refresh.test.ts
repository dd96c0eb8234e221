import { describe, expect, test } from 'vitest'
import type { FrontierEntry, Outcome, StoredLink, StoredPage } from '../../src/store/outcome.ts'
import { failureOutcome, link, pageOutcome, somePage } from './outcomes.ts'
import { openCounting, readAll, storeKinds, type Counting } from './stores.ts'

async function claim(store: Counting): Promise<FrontierEntry[]> {
  return await store.claim(100, 100)
}

function of(
  entry: FrontierEntry | undefined,
  page: Partial<StoredPage>,
  links: readonly StoredLink[] = [],
): Outcome {
  if (entry === undefined) throw new Error('nothing is queued')
  return { result: 'page', entry, page: { ...somePage, ...page }, links }
}

const { fetchedAt } = somePage
const kinds = storeKinds()

describe.each(kinds)('Store.refresh in $name', ({ newStore }) => {
  test('queues old pages again with what to ask with, and keeps them until there is an answer', async () => {
    const name = newStore()
    const store = await openCounting(name)
    await store.seed(['http://a.test/'])
    const [first] = await claim(store)
    const validators = { etag: '"1"', lastModified: 'Mon, 01 Jan 2024 00:00:00 GMT' }
    await store.commit([of(first, { validators }, [link('http://a.test/x')])])
    await store.commit([of((await claim(store))[0], { fetchedAt: fetchedAt + 1000 })])

    expect(await store.refresh(fetchedAt + 500)).toMatchObject({ queued: 1, pages: 1, bytes: 100 })
    expect(await store.refresh(fetchedAt + 500)).toMatchObject({ queued: 1, pages: 1 })
    const again = await claim(store)
    expect(again).toEqual([
      { ...first, before: { ...validators, fetchedAt: expect.any(Number) as number } },
    ])
    expect(await readAll(name, (reader) => reader.pages())).toHaveLength(2)

    const [entry] = again
    if (entry === undefined) return
    const counts = await store.commit([{ result: 'unchanged', entry, fetchedAt: fetchedAt + 9000 }])
    expect(counts).toMatchObject({ queued: 0, pages: 2, bytes: 200 })
    expect((await readAll(name, (reader) => reader.pages())).map((row) => row.fetched_at)).toEqual([
      fetchedAt + 9000,
      fetchedAt + 1000,
    ])
    expect(await readAll(name, (reader) => reader.links())).toHaveLength(1)
    // Nothing is stale any more: nothing is looked up for what is claimed.
    await store.seed(['http://a.test/new'])
    expect((await claim(store))[0]).not.toHaveProperty('before')
  })

  test('puts a new answer with its links in place of the old one', async () => {
    const name = newStore()
    const store = await openCounting(name)
    await store.seed(['http://a.test/'])
    await store.commit([
      of((await claim(store))[0], { data: '{"x":1}' }, [link('http://a.test/x', 'host')]),
    ])
    await store.refresh(Infinity)
    await store.commit([
      of((await claim(store))[0], { title: 'New', bytes: 7 }, [link('http://a.test/y', 'host')]),
    ])
    expect(await readAll(name, (reader) => reader.pages())).toMatchObject([
      { title: 'New', bytes: 7 },
    ])
    expect(await readAll(name, (reader) => reader.links())).toMatchObject([
      { to_url: 'http://a.test/y' },
    ])
    expect(await readAll(name, (reader) => reader.records())).toEqual([])
    expect(store.counts()).toMatchObject({ pages: 1, bytes: 7, queued: 0 })
  })

  test('leaves a page that is gone as a failure alone', async () => {
    const name = newStore()
    const store = await openCounting(name)
    await store.seed(['http://a.test/'])
    await store.commit([of((await claim(store))[0], {}, [link('http://a.test/x', 'host')])])
    await store.refresh(Infinity)
    const [entry] = await claim(store)
    if (entry === undefined) throw new Error('nothing is queued')
    expect(await store.commit([failureOutcome(entry)])).toMatchObject({
      pages: 0,
      failed: 1,
      bytes: 0,
    })
    expect(await readAll(name, (reader) => reader.pages())).toEqual([])
    expect(await readAll(name, (reader) => reader.links())).toEqual([])
  })
})

describe.each(kinds)('Store.commit in $name', ({ newStore }) => {
  test('keeps what was extracted', async () => {
    const name = newStore()
    const store = await openCounting(name)
    await store.seed(['http://a.test/'])
    await store.commit([of((await claim(store))[0], { data: '{"price":3}' })])
    expect(await readAll(name, (reader) => reader.records())).toEqual([
      { url: 'http://a.test/', data: '{"price":3}' },
    ])
  })

  test('follows no links of a page that has the body of another', async () => {
    const name = newStore()
    const store = await openCounting(name)
    await store.seed(['http://a.test/1', 'http://a.test/2', 'http://a.test/3'])
    const [one, two, three] = await claim(store)
    await store.commit([
      of(one, { hash: 'h' }, [link('http://a.test/x')]),
      of(two, { hash: 'h' }, [link('http://a.test/2/x')]),
      of(three, { hash: 'i' }, [link('http://a.test/y')]),
    ])
    expect((await claim(store)).map(({ url }) => url)).toEqual([
      'http://a.test/x',
      'http://a.test/y',
    ])
    expect((await readAll(name, (reader) => reader.pages())).map((row) => row.same_as)).toEqual([
      null,
      'http://a.test/1',
      null,
    ])
  })

  test('follows the links of a page that failed after it was read', async () => {
    const store = await openCounting(newStore())
    await store.seed(['http://a.test/'])
    const [entry] = await claim(store)
    if (entry === undefined) throw new Error('nothing is queued')
    await store.commit([
      { ...failureOutcome(entry, 'handler'), links: [link('http://a.test/x')] } as Outcome,
    ])
    expect(await claim(store)).toMatchObject([{ url: 'http://a.test/x', depth: 1 }])
  })

  test('hands out the URLs of a host by priority, then by depth', async () => {
    const store = await openCounting(newStore())
    await store.seed(['http://a.test/'])
    await store.commit([
      pageOutcome((await claim(store))[0] as FrontierEntry, [
        link('http://a.test/1'),
        { ...link('http://a.test/2'), priority: -5 },
        { ...link('http://a.test/3'), priority: 7 },
      ]),
    ])
    expect((await claim(store)).map(({ url }) => url)).toEqual([
      'http://a.test/3',
      'http://a.test/1',
      'http://a.test/2',
    ])
  })
})

describe.each(kinds)('Store.seedSitemaps in $name', ({ newStore }) => {
  test('queues them as sitemaps, each once unless it is old', async () => {
    const store = await openCounting(newStore())
    const map = 'http://a.test/sitemap.xml'
    expect(await store.seedSitemaps([map], 0)).toMatchObject({ queued: 1 })
    expect(await store.seedSitemaps([map], 0)).toMatchObject({ queued: 1 })
    const [entry] = await claim(store)
    expect(entry).toMatchObject({ url: map, depth: 0, sitemap: true })
    await store.commit([
      of(entry, {}, [
        { ...link('http://a.test/1'), kind: 'listed' },
        { ...link('http://a.test/more.xml'), kind: 'sitemap' },
      ]),
    ])
    expect(await claim(store)).toEqual([
      { id: 2, url: 'http://a.test/1', depth: 0, hops: 0 },
      { id: 3, url: 'http://a.test/more.xml', depth: 0, hops: 1, sitemap: true },
    ])
    expect(await store.seedSitemaps([map], fetchedAt)).toMatchObject({ queued: 2, pages: 1 })
    expect(await store.seedSitemaps([map], fetchedAt + 1)).toMatchObject({ queued: 3, pages: 0 })
  })

  test('asks again for a page that changed since it was fetched, and for no other', async () => {
    const store = await openCounting(newStore())
    await store.seed(['http://a.test/1', 'http://a.test/2'])
    const [one, two] = await claim(store)
    await store.commit([of(one, {}), of(two, {})])
    await store.seedSitemaps(['http://a.test/sitemap.xml'], 0)
    await store.commit([
      of((await claim(store))[0], {}, [
        { ...link('http://a.test/1'), kind: 'listed', changedAt: fetchedAt - 1 },
        { ...link('http://a.test/2'), kind: 'listed', changedAt: fetchedAt + 1 },
      ]),
    ])
    expect(await claim(store)).toMatchObject([{ url: 'http://a.test/2', before: {} }])
  })
})
