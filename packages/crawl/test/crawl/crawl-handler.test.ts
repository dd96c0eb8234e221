import { join } from 'node:path'
import { Event, isCancelled, moveOnAfter, sleep, spawn, taskGroup, timeout } from 'corral'
import { describe, expect, expectTypeOf, test } from 'vitest'
import { crawl } from '../../src/crawl/crawl.ts'
import { list } from '../../src/extract/list.ts'
import { record } from '../../src/extract/record.ts'
import { required } from '../../src/extract/required.ts'
import { text } from '../../src/extract/text.ts'
import { StoreReader } from '../../src/store/store-reader.ts'
import { temporaryDirectory } from '../store/temporary-directory.ts'
import { graph, sendPage, testSite, type TestSite } from './test-site.ts'

function newStore(): string {
  return join(temporaryDirectory(), 'crawl.db')
}

function errorsIn(file: string): string[] {
  using reader = new StoreReader(file)
  return [...reader.errors()]
    .map(({ url, kind, code, message }) => `${new URL(url).pathname} ${kind} ${code}: ${message}`)
    .toSorted()
}

function pathsIn(file: string): string[] {
  using reader = new StoreReader(file)
  return [...reader.pages()].map((row) => new URL(row.url).pathname).toSorted()
}

/** Three pages of which the middle one links to the last. */
function threePages(): Promise<TestSite> {
  return testSite((response, path) => {
    const links: Record<string, string[]> = { '/': ['/bad'], '/bad': ['/end'], '/end': [] }
    if (path === '/robots.txt') response.writeHead(404).end()
    else sendPage(response, links[path] ?? [], `At ${path}`)
  })
}

const limits = { retryDelay: 5, attempts: 2 }

describe('crawl with extract', () => {
  test('gives typed data to the handler and stores it with the page', async () => {
    const site = await threePages()
    const store = newStore()
    const seen: string[] = []
    await crawl({
      seeds: [`${site.origin}/`],
      store,
      extract: record({ title: required(text('title')), links: list('a') }),
      onPage(page) {
        expectTypeOf(page.data).toEqualTypeOf<{ title: string; links: string[] } | undefined>()
        seen.push(`${page.data?.title} ${page.data?.links.length}`)
      },
    })
    expect(seen).toEqual(['At / 1', 'At /bad 1', 'At /end 0'])
    using reader = new StoreReader(store)
    expect([...reader.records()].map(({ data }) => JSON.parse(data) as unknown)).toEqual([
      { title: 'At /', links: ['x'] },
      { title: 'At /bad', links: ['x'] },
      { title: 'At /end', links: [] },
    ])
  })

  test('records a page that lacks what is required, and follows its links', async () => {
    const site = await threePages()
    const store = newStore()
    const extract = record({
      name: required((node) => (text('title').read(node) === 'At /bad' ? undefined : 'x')),
    })
    const result = await crawl({ seeds: [`${site.origin}/`], store, extract, limits })
    expect(result).toMatchObject({ pages: 2, failed: 1, failures: { extract: 1 } })
    expect(errorsIn(store)).toEqual(['/bad extract EXTRACT_MISSING: name: the page has none'])
    expect(pathsIn(store)).toEqual(['/', '/end'])
    expect(site.hits('/bad')).toBe(1)
  })

  test('records a page whose data are no JSON, and stores none where there are none', async () => {
    const site = await threePages()
    const store = newStore()
    await crawl({
      seeds: [`${site.origin}/`],
      store,
      extract: (node) => (node.text.includes('/bad') ? 1n : undefined),
      limits,
    })
    expect(errorsIn(store)).toEqual([
      expect.stringContaining('/bad extract TypeError: Do not know how to serialize a BigInt'),
    ])
    using reader = new StoreReader(store)
    expect([...reader.records()]).toEqual([])
  })

  test('records a page that is nested beyond reason and goes on', async () => {
    const site = await testSite((response, path) => {
      if (path === '/robots.txt') response.writeHead(404).end()
      else if (path === '/') sendPage(response, ['/deep', '/fine'])
      else if (path === '/fine') sendPage(response, [])
      else response.writeHead(200, { 'content-type': 'text/html' }).end('<i>'.repeat(500_000))
    })
    const store = newStore()
    await crawl({ seeds: [`${site.origin}/`], store, extract: text('h1'), limits })
    expect(errorsIn(store)).toEqual([expect.stringContaining('/deep extract EXTRACT_TOO_DEEP')])
    expect(pathsIn(store)).toEqual(['/', '/fine'])
  })
})

describe('crawl with onPage', () => {
  test('ends what a handler has spawned before the page is stored', async () => {
    const site = await threePages()
    const ended: string[] = []
    await crawl({
      seeds: [`${site.origin}/`],
      store: newStore(),
      onPage: (page) => {
        spawn(async () => {
          await sleep(20)
          ended.push(page.title ?? '')
        })
      },
    })
    expect(ended).toEqual(['At /', 'At /bad', 'At /end'])
  })

  test('records what a handler throws, also by a task of its own, and follows the links', async () => {
    const site = await threePages()
    const store = newStore()
    const result = await crawl({
      seeds: [`${site.origin}/`],
      store,
      limits,
      onPage: (page) => {
        if (page.title === 'At /bad') spawn(() => Promise.reject(new RangeError('no hay')))
        if (page.title === 'At /end') return Promise.reject('a string')
        return undefined
      },
    })
    expect(result).toMatchObject({ pages: 1, failures: { handler: 2 } })
    expect(errorsIn(store)).toEqual([
      '/bad handler RangeError: no hay',
      '/end handler Error: a string',
    ])
  })

  test('ends with what a handler throws if asked, the page still queued', async () => {
    const site = await threePages()
    const store = newStore()
    const failure = new RangeError('stop')
    const run = crawl({
      seeds: [`${site.origin}/`],
      store,
      handlerErrors: 'throw',
      onPage: (page) => {
        if (page.title === 'At /bad') throw failure
      },
    })
    await expect(run).rejects.toBe(failure)
    expect(errorsIn(store)).toEqual([])
    expect(await crawl({ seeds: [`${site.origin}/`], store })).toMatchObject({
      newPages: 2,
      pages: 3,
    })
  })

  test('cancels the handlers with the crawl, and waits for their ends', async () => {
    const site = await testSite(graph(40))
    const events: string[] = []
    const busy = new Event()
    const store = newStore()
    await taskGroup(async (group) => {
      const crawling = group.spawn(async () => {
        await crawl({
          seeds: [`${site.origin}/0`],
          store,
          onPage: async ({ title }) => {
            if (title === 'Page 0') return
            busy.set()
            try {
              await sleep(60_000)
            } catch (error) {
              events.push(isCancelled(error) ? 'cancelled' : 'other')
              throw error
            }
          },
        })
        events.push('never')
      })
      await busy.wait()
      crawling.cancel()
      await crawling.settled()
      events.push('over')
    })
    expect(events.at(-1)).toBe('over')
    expect(new Set(events.slice(0, -1))).toEqual(new Set(['cancelled']))
    expect(pathsIn(store)).toEqual(['/0'])
  })

  test('ends a handler that takes too long, and records that', async () => {
    const site = await threePages()
    const store = newStore()
    await crawl({
      seeds: [`${site.origin}/`],
      store,
      limits: { ...limits, handlerTimeout: 30 },
      onPage: async ({ title }) => {
        if (title === 'At /bad') await sleep(60_000)
      },
    })
    expect(errorsIn(store)).toEqual([expect.stringContaining('/bad handler TIMEOUT')])
    expect(pathsIn(store)).toEqual(['/', '/end'])
  })

  test('fetches no more than the handlers keep up with', async () => {
    const site = await testSite(graph(200))
    let handled = 0
    let most = 0
    await crawl({
      seeds: [`${site.origin}/0`],
      store: newStore(),
      limits: { concurrency: 4, concurrencyPerHost: 4 },
      onPage: async () => {
        most = Math.max(most, site.seen.length - 1 - handled)
        await sleep(1)
        handled++
      },
    })
    expect(handled).toBe(200)
    expect(most).toBeLessThanOrEqual(4)
  })
})

describe('for await of crawl', () => {
  test('gives every page once, then ends', async () => {
    const site = await testSite(graph(100))
    const store = newStore()
    const titles: string[] = []
    for await (const page of crawl({
      seeds: [`${site.origin}/0`],
      store,
      extract: text('title'),
    })) {
      titles.push(page.data ?? '')
    }
    expect(new Set(titles).size).toBe(100)
    expect(titles).toHaveLength(100)
    expect(pathsIn(store)).toHaveLength(100)
  })

  test('does nothing before it is awaited or iterated', async () => {
    const site = await testSite(graph(3))
    const run = crawl({ seeds: [`${site.origin}/0`], store: newStore() })
    await sleep(20)
    expect(site.seen).toEqual([])
    expect(await run).toMatchObject({ pages: 3 })
    expect(await run).toMatchObject({ pages: 3 })
    expect(site.seen).toHaveLength(4)
  })

  test('ends the crawl when the loop is left, and goes on at the page where it was', async () => {
    const site = await testSite(graph(60))
    const store = newStore()
    const options = { seeds: [`${site.origin}/0`], store, limits: { concurrency: 8 } }
    const first: string[] = []
    for await (const page of crawl(options)) {
      first.push(page.url)
      if (first.length === 10) break
    }
    expect(site.busy.now).toBe(0)
    const stored = pathsIn(store)
    expect(stored).toHaveLength(9)

    const second: string[] = []
    for await (const page of crawl(options)) second.push(page.url)
    expect(second).toHaveLength(51)
    expect(second).toContain(first.at(-1))
    expect(new Set([...first, ...second]).size).toBe(60)
  })

  test('throws what the loop throws, with the crawl over', async () => {
    const site = await testSite(graph(60))
    const looping = async (): Promise<void> => {
      for await (const page of crawl({ seeds: [`${site.origin}/0`], store: newStore() })) {
        throw new RangeError(page.title)
      }
    }
    await expect(looping()).rejects.toThrow('Page 0')
    expect(site.busy.now).toBe(0)
  })

  test('throws what the crawl throws', async () => {
    const looping = async (): Promise<void> => {
      for await (const page of crawl({ seeds: ['nonsense'], store: newStore() })) void page
    }
    await expect(looping()).rejects.toThrow('crawl: seeds must be http or https URLs')
  })

  test('is cancelled with the scope it is in: waiting for a page, and in the loop', async () => {
    const hanging = await testSite(() => {})
    await expect(
      timeout(50, async () => {
        for await (const page of crawl({ seeds: [`${hanging.origin}/`], store: newStore() })) {
          void page
        }
      }),
    ).rejects.toThrow('50 ms')
    expect(hanging.busy.now).toBe(0)

    const site = await testSite(graph(60))
    const store = newStore()
    const outcome = await moveOnAfter(150, async () => {
      for await (const page of crawl({ seeds: [`${site.origin}/0`], store })) {
        void page
        await sleep(60_000)
      }
    })
    expect(outcome.timedOut).toBe(true)
    expect(site.busy.now).toBe(0)
    expect(pathsIn(store)).toEqual([])
  })

  test('calls the handler as well, before the loop', async () => {
    const site = await testSite(graph(5))
    const order: string[] = []
    const options = {
      seeds: [`${site.origin}/0`],
      store: newStore(),
      limits: { concurrency: 1 },
      onPage: () => void order.push('handler'),
    }
    for await (const page of crawl(options)) order.push(page.title === undefined ? '' : 'loop')
    expect(order.join(' ')).toBe('handler loop '.repeat(5).trim())
  })
})
