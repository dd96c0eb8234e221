import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { crawl } from '../../src/crawl/crawl.ts'
import type { CrawlOptions } from '../../src/crawl/crawl-options.ts'
import { extractStored } from '../../src/crawl/extract-stored.ts'
import { record } from '../../src/extract/record.ts'
import { required } from '../../src/extract/required.ts'
import { text } from '../../src/extract/text.ts'
import { openStore } from '../../src/store/open-store.ts'
import { readAll, storeKinds } from '../store/stores.ts'
import { temporaryDirectory } from '../store/temporary-directory.ts'
import { testSite, type TestSite } from './test-site.ts'

/** Notes of every request for a page whether it was conditional; `version` is what the pages say. */
interface Site extends TestSite {
  readonly asked: boolean[]
  version: string
}

async function changingSite(): Promise<Site> {
  const state = { version: 'one' }
  const asked: boolean[] = []
  const site = await testSite((response, path, _hit, { headers }) => {
    if (path === '/robots.txt') return response.writeHead(404).end()
    const etag = `"${state.version}"`
    asked.push(headers['if-none-match'] !== undefined)
    if (headers['if-none-match'] === etag) return response.writeHead(304).end()
    if (path === '/data.json') {
      return response.writeHead(200, { 'content-type': 'application/json', etag }).end('{"a":1}')
    }
    if (path === '/picture') {
      return response.writeHead(200, { 'content-type': 'image/png', etag }).end('picture')
    }
    response.writeHead(200, { 'content-type': 'text/html; charset=windows-1252', etag })
    const links =
      path === '/' ? '<a href=/a>a</a><a href=/data.json>j</a><a href=/picture>p</a>' : ''
    return response.end(
      Buffer.from(`<h1>caf\xe9 ${path}</h1><h2>${state.version}</h2>${links}`, 'latin1'),
    )
  })
  return Object.assign(state, site, { asked })
}

const heading = record({ title: text('h1') })
const both = record({ title: text('h1'), version: text('h2') })

async function recordsIn(store: string): Promise<unknown[]> {
  const rows = await readAll(store, (reader) => reader.records())
  return rows.map(({ data }) => JSON.parse(data) as unknown)
}

describe.each(storeKinds())('crawl that keeps bodies in $name', ({ newStore }) => {
  async function crawled(): Promise<{
    site: Site
    store: string
    again: (more: Partial<CrawlOptions>) => Promise<boolean[]>
  }> {
    const site = await changingSite()
    const store = newStore()
    const again = async (more: Partial<CrawlOptions>): Promise<boolean[]> => {
      site.asked.length = 0
      await crawl({ seeds: [`${site.origin}/`], store, ...more })
      return [...site.asked]
    }
    await again({ keep: 'bodies' })
    return { site, store, again }
  }

  test('has those of HTML, text and JSON, as they came, and of no picture', async () => {
    const { site, store } = await crawled()
    const bodies = await readAll(store, (reader) => reader.bodies())
    const shown = bodies.map(({ url, content_type, charset, body }) => [
      url.slice(site.origin.length),
      content_type,
      charset,
      Buffer.from(body).toString('latin1'),
    ])
    expect(shown).toEqual(
      expect.arrayContaining([
        [
          '/',
          'text/html; charset=windows-1252',
          'windows-1252',
          expect.stringContaining('<h1>caf\xe9 /</h1>'),
        ],
        [
          '/a',
          'text/html; charset=windows-1252',
          'windows-1252',
          '<h1>caf\xe9 /a</h1><h2>one</h2>',
        ],
        ['/data.json', 'application/json', null, '{"a":1}'],
      ]),
    )
    expect(shown).toHaveLength(3)
  })

  test('extracts from them again and again, with nothing fetched', async () => {
    const { site, store } = await crawled()
    const requests = site.seen.length
    await site.close()
    expect(await extractStored({ store, extract: heading })).toEqual({ pages: 2, failed: 0 })
    expect(await recordsIn(store)).toEqual([{ title: 'café /' }, { title: 'café /a' }])

    const failures: string[] = []
    const strict = record({ link: required(text('a')) })
    const onFailure = (url: string): void => void failures.push(url.slice(site.origin.length))
    expect(await extractStored({ store, extract: strict, onFailure })).toEqual({
      pages: 2,
      failed: 1,
    })
    expect(failures).toEqual(['/a'])
    // What another extraction found there is not what this one would have.
    expect(await recordsIn(store)).toEqual([{ link: 'a' }])
    expect(site.seen).toHaveLength(requests)
  })

  test('extracts a new field from them when the server says that nothing has changed', async () => {
    const { site, store, again } = await crawled()
    expect(await again({ refreshAfter: 0, keep: 'bodies', extract: both })).toEqual(
      // The picture has no body here: it might have the field.
      expect.arrayContaining([true, true, true, false]),
    )
    const records = [
      { title: 'café /', version: 'one' },
      { title: 'café /a', version: 'one' },
    ]
    expect(await recordsIn(store)).toEqual(records)
    site.version = 'two'
    await again({ refreshAfter: 0, keep: 'bodies', extract: both })
    expect(await recordsIn(store)).toEqual(records.map((each) => ({ ...each, version: 'two' })))
    const bodies = await readAll(store, (reader) => reader.bodies())
    expect(bodies.map(({ body }) => Buffer.from(body).toString('latin1'))).toEqual(
      expect.arrayContaining([expect.stringContaining('<h2>two</h2>')]),
    )
  })

  test('fetches pages of which it has none whole, once', async () => {
    const site = await changingSite()
    const options = { seeds: [`${site.origin}/`], store: newStore(), refreshAfter: 0 }
    await crawl(options)
    const asked = async (more: Partial<CrawlOptions>): Promise<boolean[]> => {
      site.asked.length = 0
      await crawl({ ...options, ...more })
      return [...site.asked]
    }
    expect(await asked({})).toEqual(Array(4).fill(true))
    expect(await asked({ keep: 'bodies' })).toEqual(Array(4).fill(false))
    expect(await asked({ keep: 'bodies' })).toEqual(Array(4).fill(true))
  })

  test('a page that no longer has a required field becomes a failure, and goes with its body', async () => {
    const { store, again } = await crawled()
    await again({ refreshAfter: 0, keep: 'bodies', extract: record({ link: required(text('a')) }) })
    expect(await readAll(store, (reader) => reader.errors())).toEqual([
      expect.objectContaining({ kind: 'extract', code: 'EXTRACT_MISSING' }),
    ])
    const bodies = await readAll(store, (reader) => reader.bodies())
    expect(bodies).toHaveLength(2)
  })
})

test('extractStored makes no store where there is none, and refuses one that a crawl is writing', async () => {
  const directory = temporaryDirectory()
  const store = join(directory, 'crawl.db')
  await expect(extractStored({ store, extract: heading })).rejects.toMatchObject({
    code: 'STORE_MISSING',
  })
  expect(readdirSync(directory)).toEqual([])
  await using _ = await openStore(store)
  await expect(extractStored({ store, extract: heading })).rejects.toMatchObject({
    code: 'STORE_IN_USE',
  })
})
