import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { FrontierEntry, Outcome, StoredLink, StoredPage } from '../../src/store/outcome.ts'
import { StoreEngine } from '../../src/store/store-engine.ts'
import { StoreReader } from '../../src/store/store-reader.ts'
import { failureOutcome, link, pageOutcome, somePage } from './outcomes.ts'
import { temporaryDirectory } from './temporary-directory.ts'

function open(): { engine: StoreEngine; file: string } {
  const file = join(temporaryDirectory(), 'crawl.db')
  const engine = new StoreEngine(file)
  onTestFinished(() => engine.close())
  return { engine, file }
}

function claim(engine: StoreEngine): FrontierEntry[] {
  return engine.claim(100, 100)
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

describe('StoreEngine.refresh', () => {
  test('queues old pages again with what to ask with, and keeps them until there is an answer', () => {
    const { engine, file } = open()
    engine.seed(['http://a.test/'])
    const [first] = claim(engine)
    const validators = { etag: '"1"', lastModified: 'Mon, 01 Jan 2024 00:00:00 GMT' }
    engine.commit([of(first, { validators }, [link('http://a.test/x')])])
    engine.commit([of(claim(engine)[0], { fetchedAt: fetchedAt + 1000 })])

    expect(engine.refresh(fetchedAt + 500)).toMatchObject({ queued: 1, pages: 1, bytes: 100 })
    expect(engine.refresh(fetchedAt + 500)).toMatchObject({ queued: 1, pages: 1 })
    const again = claim(engine)
    expect(again).toEqual([
      { ...first, before: { ...validators, fetchedAt: expect.any(Number) as number } },
    ])
    using reader = new StoreReader(file)
    expect([...reader.pages()]).toHaveLength(2)

    const [entry] = again
    if (entry === undefined) return
    const counts = engine.commit([{ result: 'unchanged', entry, fetchedAt: fetchedAt + 9000 }])
    expect(counts).toMatchObject({ queued: 0, pages: 2, bytes: 200 })
    expect([...reader.pages()].map((row) => row.fetched_at)).toEqual([
      fetchedAt + 9000,
      fetchedAt + 1000,
    ])
    expect([...reader.links()]).toHaveLength(1)
    // Nothing is stale any more: nothing is looked up for what is claimed.
    engine.seed(['http://a.test/new'])
    expect(claim(engine)[0]).not.toHaveProperty('before')
  })

  test('puts a new answer with its links in place of the old one', () => {
    const { engine, file } = open()
    engine.seed(['http://a.test/'])
    engine.commit([of(claim(engine)[0], { data: '{"x":1}' }, [link('http://a.test/x', 'host')])])
    engine.refresh(Infinity)
    engine.commit([
      of(claim(engine)[0], { title: 'New', bytes: 7 }, [link('http://a.test/y', 'host')]),
    ])
    using reader = new StoreReader(file)
    expect([...reader.pages()]).toMatchObject([{ title: 'New', bytes: 7 }])
    expect([...reader.links()]).toMatchObject([{ to_url: 'http://a.test/y' }])
    expect([...reader.records()]).toEqual([])
    expect(engine.counts()).toMatchObject({ pages: 1, bytes: 7, queued: 0 })
  })

  test('leaves a page that is gone as a failure alone', () => {
    const { engine, file } = open()
    engine.seed(['http://a.test/'])
    engine.commit([of(claim(engine)[0], {}, [link('http://a.test/x', 'host')])])
    engine.refresh(Infinity)
    const [entry] = claim(engine)
    if (entry === undefined) throw new Error('nothing is queued')
    expect(engine.commit([failureOutcome(entry)])).toMatchObject({ pages: 0, failed: 1, bytes: 0 })
    using reader = new StoreReader(file)
    expect([...reader.pages()]).toEqual([])
    expect([...reader.links()]).toEqual([])
  })
})

describe('StoreEngine.commit', () => {
  test('keeps what was extracted', () => {
    const { engine, file } = open()
    engine.seed(['http://a.test/'])
    engine.commit([of(claim(engine)[0], { data: '{"price":3}' })])
    using reader = new StoreReader(file)
    expect([...reader.records()]).toEqual([{ url: 'http://a.test/', data: '{"price":3}' }])
  })

  test('follows no links of a page that has the body of another', () => {
    const { engine, file } = open()
    engine.seed(['http://a.test/1', 'http://a.test/2', 'http://a.test/3'])
    const [one, two, three] = claim(engine)
    engine.commit([
      of(one, { hash: 'h' }, [link('http://a.test/x')]),
      of(two, { hash: 'h' }, [link('http://a.test/2/x')]),
      of(three, { hash: 'i' }, [link('http://a.test/y')]),
    ])
    expect(claim(engine).map(({ url }) => url)).toEqual(['http://a.test/x', 'http://a.test/y'])
    using reader = new StoreReader(file)
    expect([...reader.pages()].map((row) => row.same_as)).toEqual([null, 'http://a.test/1', null])
  })

  test('follows the links of a page that failed after it was read', () => {
    const { engine } = open()
    engine.seed(['http://a.test/'])
    const [entry] = claim(engine)
    if (entry === undefined) throw new Error('nothing is queued')
    engine.commit([
      { ...failureOutcome(entry, 'handler'), links: [link('http://a.test/x')] } as Outcome,
    ])
    expect(claim(engine)).toMatchObject([{ url: 'http://a.test/x', depth: 1 }])
  })

  test('hands out the URLs of a host by priority, then by depth', () => {
    const { engine } = open()
    engine.seed(['http://a.test/'])
    engine.commit([
      pageOutcome(claim(engine)[0] as FrontierEntry, [
        link('http://a.test/1'),
        { ...link('http://a.test/2'), priority: -5 },
        { ...link('http://a.test/3'), priority: 7 },
      ]),
    ])
    expect(claim(engine).map(({ url }) => url)).toEqual([
      'http://a.test/3',
      'http://a.test/1',
      'http://a.test/2',
    ])
  })
})

describe('StoreEngine.seedSitemaps', () => {
  test('queues them as sitemaps, each once unless it is old', () => {
    const { engine } = open()
    const map = 'http://a.test/sitemap.xml'
    expect(engine.seedSitemaps([map], 0)).toMatchObject({ queued: 1 })
    expect(engine.seedSitemaps([map], 0)).toMatchObject({ queued: 1 })
    const [entry] = claim(engine)
    expect(entry).toMatchObject({ url: map, depth: 0, sitemap: true })
    engine.commit([
      of(entry, {}, [
        { ...link('http://a.test/1'), kind: 'listed' },
        { ...link('http://a.test/more.xml'), kind: 'sitemap' },
      ]),
    ])
    expect(claim(engine)).toEqual([
      { id: 2, url: 'http://a.test/1', depth: 0, hops: 0 },
      { id: 3, url: 'http://a.test/more.xml', depth: 0, hops: 1, sitemap: true },
    ])
    expect(engine.seedSitemaps([map], fetchedAt)).toMatchObject({ queued: 2, pages: 1 })
    expect(engine.seedSitemaps([map], fetchedAt + 1)).toMatchObject({ queued: 3, pages: 0 })
  })

  test('asks again for a page that changed since it was fetched, and for no other', () => {
    const { engine } = open()
    engine.seed(['http://a.test/1', 'http://a.test/2'])
    const [one, two] = claim(engine)
    engine.commit([of(one, {}), of(two, {})])
    engine.seedSitemaps(['http://a.test/sitemap.xml'], 0)
    engine.commit([
      of(claim(engine)[0], {}, [
        { ...link('http://a.test/1'), kind: 'listed', changedAt: fetchedAt - 1 },
        { ...link('http://a.test/2'), kind: 'listed', changedAt: fetchedAt + 1 },
      ]),
    ])
    expect(claim(engine)).toMatchObject([{ url: 'http://a.test/2', before: {} }])
  })
})
