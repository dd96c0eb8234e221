import { join } from 'node:path'
import type { StandardSchemaV1 } from '@standard-schema/spec'
import { describe, expect, expectTypeOf, test } from 'vitest'
import { crawl } from '../../src/crawl/crawl.ts'
import type { CrawlPage } from '../../src/crawl/crawl-page.ts'
import { StoreReader } from '../../src/store/store-reader.ts'
import { temporaryDirectory } from '../store/temporary-directory.ts'
import { sendPage, testSite, type TestSite } from './test-site.ts'

function newStore(): string {
  return join(temporaryDirectory(), 'crawl.db')
}

/** A site that says what it was asked, as JSON; `/` is a page with a form, `/moved/x` redirects. */
async function echo(): Promise<TestSite & { readonly asked: string[] }> {
  const asked: string[] = []
  const site = await testSite(async (response, path, _hit, request) => {
    if (path === '/robots.txt') return response.writeHead(404).end()
    let body = ''
    for await (const chunk of request) body += String(chunk)
    const { method, headers } = request
    asked.push(`${method} ${path}${body === '' ? '' : ` ${body}`}`)
    if (path === '/') {
      return response.writeHead(200, { 'content-type': 'text/html' }).end(
        `<form id=s action=/search><input name=q value=old><select name=by><option>date</select></form>
         <form id=p action=/post method=post><input type=hidden name=token value=t1><input name=text>
         <input type=checkbox name=no value=1><input type=submit name=go></form><a href=/link>x</a>`,
      )
    }
    if (path.startsWith('/moved/')) {
      return response.writeHead(Number(path.slice(7)), { location: `/at?${path.slice(7)}` }).end()
    }
    if (path === '/broken') return response.writeHead(500).end()
    const said = { method, path, body, type: headers['content-type'], own: headers['x-own'] }
    return response
      .writeHead(200, { 'content-type': 'application/json', 'x-page': path })
      .end(JSON.stringify(said))
  })
  return Object.assign(site, { asked })
}

const limits = { retryDelay: 5, attempts: 3 }

describe('CrawlPage.follow', () => {
  test('asks by any method, with headers, a body and something for the handler, once', async () => {
    const site = await echo()
    const seen: unknown[] = []
    const plan = {
      seeds: [`${site.origin}/`],
      store: newStore(),
      limits,
      followKinds: [],
      onPage(page: CrawlPage) {
        for (const of of ['a', 'a', 'b']) {
          page.follow('/api', {
            json: { of },
            headers: { 'x-own': of },
            meta: { of },
            handler: 'api',
          })
        }
        page.follow('/api', { method: 'put', body: 'text', handler: 'api' })
        expect(page.follow('http://other.test/')).toBe('host')
        expect(page.follow('mailto:x@y')).toBe('url')
        expect(() => page.follow('/x', { handler: 'none' })).toThrow(
          /must be one of api, got "none"/,
        )
        expect(() => page.follow('/x', { body: 'x' })).toThrow(/GET has no body/)
      },
      handlers: {
        api(page: CrawlPage) {
          const { url, method, meta, headers } = page
          seen.push([
            url.slice(site.origin.length),
            method,
            meta,
            headers.get('x-page'),
            page.json(),
          ])
        },
      },
    }
    expect(await crawl(plan)).toMatchObject({ pages: 4, failed: 0, skipped: 2 })
    expect(seen).toHaveLength(3)
    expect(seen).toContainEqual([
      '/api',
      'POST',
      { of: 'a' },
      '/api',
      { method: 'POST', path: '/api', body: '{"of":"a"}', type: 'application/json', own: 'a' },
    ])
    expect(seen).toContainEqual([
      '/api',
      'PUT',
      undefined,
      '/api',
      { method: 'PUT', path: '/api', body: 'text' },
    ])
    await crawl(plan)
    expect(site.asked).toHaveLength(4)
  })

  test('takes handler and meta along with redirects, and the body with 307 and 308 alone', async () => {
    const site = await echo()
    const seen: unknown[] = []
    await crawl({
      seeds: [`${site.origin}/`],
      store: newStore(),
      followKinds: [],
      onPage(page) {
        for (const status of [302, 307]) {
          page.follow(`/moved/${status}`, {
            form: { a: '1' },
            method: 'POST',
            meta: status,
            handler: 'end',
          })
        }
      },
      handlers: {
        end: ({ method, meta, text }) =>
          void seen.push([method, meta, JSON.parse(text ?? '').body]),
      },
    })
    expect(seen).toHaveLength(2)
    expect(seen).toContainEqual(['GET', 302, ''])
    expect(seen).toContainEqual(['POST', 307, 'a=1'])
  })

  test('is known by its name when the crawl goes on, and fails when there is no such handler', async () => {
    const site = await echo()
    const store = newStore()
    const seen: unknown[] = []
    const seeds = [{ url: `${site.origin}/first`, meta: 1, handler: 'first', priority: 2 }]
    const first = (page: CrawlPage): void => {
      page.follow('/second', { meta: 2, handler: 'second' })
      page.follow('/third', { meta: 3, handler: 'third' })
    }
    const second = ({ meta }: CrawlPage): number => seen.push(meta)
    const handlers = { first, second, third: second }
    await crawl({ seeds, store, handlers, limits: { maxPages: 1, concurrency: 1 } })
    expect(seen).toEqual([])
    const last = await crawl({ seeds, store, handlers: { first, second } })
    expect(seen).toEqual([2])
    expect(last).toMatchObject({ pages: 2, failures: { handler: 1 } })
    await expect(crawl({ seeds, store, handlers: { second } })).rejects.toThrow(
      'crawl: seeds must name one of handlers (second), got "first"',
    )
  })

  test('does not ask again for what may have been done', async () => {
    const site = await echo()
    const { failures } = await crawl({
      seeds: [{ url: `${site.origin}/broken`, method: 'POST', body: 'x' }, `${site.origin}/broken`],
      store: newStore(),
      limits,
    })
    expect(failures).toEqual({ http: 2 })
    expect(site.asked.toSorted()).toEqual([
      'GET /broken',
      'GET /broken',
      'GET /broken',
      'POST /broken x',
    ])
  })
})

test('CrawlPage.submit sends a form as it stands, with some fields filled in', async () => {
  const site = await echo()
  await crawl({
    seeds: [`${site.origin}/`],
    store: newStore(),
    followKinds: [],
    onPage(page) {
      if (page.html === undefined) return
      expect(page.form('#p')).toEqual({
        action: '/post',
        method: 'POST',
        fields: { token: 't1', text: '' },
      })
      page.submit({ q: 'new' })
      page.submit({ text: 'a b' }, { selector: '#p' })
      expect(() => page.submit({}, { selector: '#none' })).toThrow(/has no #none/)
    },
  })
  expect(site.asked.slice(1).toSorted()).toEqual([
    'GET /search?q=new&by=date',
    'POST /post token=t1&text=a+b',
  ])
})

interface Book {
  readonly title: string
  readonly price: number
}

/** A schema as any library makes one. */
const book: StandardSchemaV1<unknown, Book> = {
  '~standard': {
    version: 1,
    vendor: 'test',
    validate: async (value) => {
      await Promise.resolve()
      const { title, price } = value as { title: string; price: string }
      return Number.isNaN(Number(price))
        ? { issues: [{ message: 'no number', path: ['price'] }] }
        : { value: { title, price: Number(price) } }
    },
  },
}

describe('items', () => {
  test('pass schema and pipeline, and are stored with their page', async () => {
    const site = await testSite((response, path) =>
      sendPage(response, path === '/' ? ['/bad'] : []),
    )
    const store = newStore()
    const run = crawl({
      seeds: [`${site.origin}/`],
      store,
      itemSchema: book,
      pipeline: [
        (item) => (item.price > 10 ? undefined : item),
        async (item, page) =>
          await Promise.resolve({ ...item, title: `${item.title} ${new URL(page.url).pathname}` }),
      ],
      onPage(page) {
        page.emit({ title: 'Cheap', price: '3' })
        page.emit({ title: 'Dear', price: '30' })
        if (page.url.endsWith('/bad')) page.emit({ title: 'Odd', price: 'x' })
      },
    })
    const items: Book[] = []
    for await (const item of run.items()) {
      expectTypeOf(item).toEqualTypeOf<Book>()
      items.push(item)
    }
    expect(items).toEqual([{ title: 'Cheap /', price: 3 }])
    using reader = new StoreReader(store)
    expect([...reader.items()]).toEqual([
      { url: `${site.origin}/`, data: '{"title":"Cheap /","price":3}' },
    ])
    expect([...reader.errors()]).toMatchObject([
      {
        kind: 'item',
        code: 'ITEM_INVALID',
        message: 'an item is not what it must be: price: no number',
      },
    ])
  })

  test('of a page that is fetched again take the place of the old ones', async () => {
    const site = await testSite((response) => sendPage(response, []))
    const store = newStore()
    let round = 0
    const plan = {
      seeds: [`${site.origin}/`],
      store,
      refreshAfter: 0,
      onPage: (page: CrawlPage) => page.emit(++round),
    }
    await crawl(plan)
    await crawl(plan)
    using reader = new StoreReader(store)
    expect([...reader.items()].map(({ data }) => data)).toEqual(['2'])
  })
})

test('crawl gives handlers the bodies of the types that are asked for', async () => {
  const types: Record<string, string> = {
    '/': 'text/html',
    '/a.json': 'application/json',
    '/b.xml': 'application/atom+xml',
    '/c.pdf': 'application/pdf',
  }
  const site = await testSite((response, path) => {
    const type = types[path]
    const body =
      path === '/'
        ? Object.keys(types)
            .map((each) => `<a href="${each}">`)
            .join('')
        : `{"at":"${path}"}`
    if (type === undefined) response.writeHead(404).end()
    else response.writeHead(200, { 'content-type': type }).end(body)
  })
  const read = async (bodies?: string[]): Promise<string[]> => {
    const seen: string[] = []
    await crawl({
      seeds: [`${site.origin}/`],
      store: newStore(),
      ...(bodies === undefined ? {} : { bodies }),
      onPage: ({ url, bytes, text }) =>
        void seen.push(`${new URL(url).pathname} ${bytes?.length} ${text?.length}`),
    })
    return seen.toSorted()
  }
  const html = Object.keys(types)
    .map((each) => `<a href="${each}">`)
    .join('').length
  const plain = [`/ ${html} ${html}`, '/a.json 16 16', '/b.xml 15 15']
  expect(await read()).toEqual([...plain, '/c.pdf undefined undefined'])
  expect(await read(['application/pdf'])).toEqual([
    plain[0],
    '/a.json undefined undefined',
    '/b.xml undefined undefined',
    '/c.pdf 15 15',
  ])
  expect(await read(['*'])).toEqual([...plain, '/c.pdf 15 15'])
})

test('crawl signs in at the beginning of every run, and stores nothing of it', async () => {
  let logins = 0
  const site = await testSite(async (response, path, _hit, request) => {
    if (path === '/robots.txt') return response.writeHead(404).end()
    if (path === '/login') {
      let body = ''
      for await (const chunk of request) body += String(chunk)
      expect(body).toBe('user=me&password=hush')
      response.setHeader('set-cookie', 'session=s1')
      return response
        .writeHead(200, { 'content-type': 'application/json' })
        .end(`{"token":"t${++logins}"}`)
    }
    const { authorization, cookie } = request.headers
    if (authorization !== `Bearer t${logins}` || cookie !== 'session=s1') {
      return response.writeHead(401).end()
    }
    return sendPage(response, path === '/' ? ['/1'] : [])
  })
  const store = newStore()
  const plan = {
    seeds: [`${site.origin}/`],
    store,
    cookies: true,
    async login(fetch: Parameters<NonNullable<Parameters<typeof crawl>[0]['login']>>[0]) {
      const form = { user: 'me', password: 'hush' }
      const answer = await fetch(`${site.origin}/login`, { method: 'POST', form })
      return { headers: { authorization: `Bearer ${answer.json<{ token: string }>().token}` } }
    },
  }
  await crawl({ ...plan, limits: { maxPages: 1 } })
  expect(await crawl(plan)).toMatchObject({ pages: 2, failed: 0 })
  expect(logins).toBe(2)
  using reader = new StoreReader(store)
  const all = JSON.stringify([[...reader.pages()], [...reader.links()], [...reader.errors()]])
  expect(all).not.toMatch(/hush|login|Bearer/)
})

test('crawl asks a host as is said of it, and follows nofollow when it is told to', async () => {
  const site = await testSite((response, path) => {
    const links = Array.from({ length: 6 }, (_, n) => `<a rel=nofollow href=/${n}>`).join('')
    response.writeHead(200, { 'content-type': 'text/html' })
    setTimeout(() => response.end(path === '/' ? links : ''), 20)
  })
  const plan = { seeds: [`${site.origin}/`], obeyRobots: false } as const
  expect(await crawl({ ...plan, store: newStore() })).toMatchObject({ pages: 1, skipped: 6 })
  const hosts = { '127.0.0.1': { concurrency: 2 } }
  const done = await crawl({ ...plan, store: newStore(), nofollow: 'ignore', hosts })
  expect(done).toMatchObject({ pages: 7, skipped: 0 })
  expect(site.busy.most).toBe(2)
})
