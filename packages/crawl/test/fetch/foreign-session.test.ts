import { join } from 'node:path'
import { CancelScope, sleep, spawn } from 'corral'
import { describe, expect, test } from 'vitest'
import { crawl } from '../../src/crawl/crawl.ts'
import type { CrawlResponse, CrawlSession } from '../../src/crawl/crawl-session.ts'
import { StoreReader } from '../../src/store/store-reader.ts'
import { temporaryDirectory } from '../store/temporary-directory.ts'

const never = (): Promise<never> => new Promise(() => {})

/** A response that does everything at once, but for what is said. */
function answer(type: string, status: number, parts: Partial<CrawlResponse>): CrawlResponse {
  return {
    status,
    statusText: '',
    headers: { get: (name) => (name === 'content-type' ? type : undefined) },
    body: {
      async *[Symbol.asyncIterator]() {
        yield await Promise.resolve(Buffer.from('<title>x</title>'))
      },
    },
    drain: () => Promise.resolve(),
    [Symbol.asyncDispose]: () => Promise.resolve(),
    ...parts,
  }
}

const stuck = { [Symbol.asyncIterator]: () => ({ next: never, return: never }) }
const packed = {
  async *[Symbol.asyncIterator]() {
    yield await Promise.resolve(Uint8Array.of(0x1f, 0x8b, 8))
    await never()
  },
}

/** Each phase of a visit, with something in it that never comes. */
const phases: Readonly<Record<string, () => CrawlResponse | Promise<CrawlResponse>>> = {
  'the response': never,
  'the body': () => answer('text/html', 200, { body: stuck }),
  'what is drained': () => answer('text/plain', 200, { drain: never }),
  'the end of a failure': () => answer('text/html', 500, { drain: never }),
  'the end of the body': () =>
    answer('text/html', 200, { body: stuck, [Symbol.asyncDispose]: never }),
  'a packed sitemap': () => answer('application/gzip', 200, { body: packed }),
}

describe.each(Object.entries(phases))('a session of which %s never comes', (_phase, respond) => {
  const session: CrawlSession = { get: async () => await respond() }
  const options = (store: string) => ({
    seeds: ['http://a.test/'],
    sitemaps: ['http://b.test/sitemap.xml.gz'],
    session,
    store,
    obeyRobots: false,
  })

  test('is given up after the timeout', async () => {
    const store = join(temporaryDirectory(), 'crawl.db')
    await crawl({ ...options(store), limits: { timeout: 100, attempts: 1 } })
    using reader = new StoreReader(store)
    expect([...reader.errors()].map(({ code }) => code)).toContain('TIMEOUT')
  })

  test('is given up when the crawl is cancelled, within a second or two', async () => {
    const store = join(temporaryDirectory(), 'crawl.db')
    const scope = new CancelScope()
    let cancelledAt = 0
    await scope.run(async (own) => {
      spawn(async () => {
        await sleep(100)
        cancelledAt = performance.now()
        own.cancel()
      })
      await crawl(options(store))
    })
    expect(performance.now() - cancelledAt).toBeLessThan(5000)
  })
})
