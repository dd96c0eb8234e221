import { expect, test } from 'vitest'
import { CookieSession } from '../../src/fetch/cookie-session.ts'
import type { CrawlRequest, CrawlResponse } from '../../src/crawl/crawl-session.ts'

/** What is sent to `to` after `from` has set a cookie. */
async function sentTo(to: string, from: string, cookie: string): Promise<string | undefined> {
  const sent: (string | undefined)[] = []
  const inner = {
    get(url: string, { headers }: CrawlRequest): Promise<CrawlResponse> {
      sent.push(headers['cookie'])
      const set = url === from && sent.length === 1 ? [cookie] : []
      return Promise.resolve({
        status: 200,
        statusText: '',
        headers: { get: () => undefined, getAll: () => set, *[Symbol.iterator]() {} },
        body: (async function* () {})(),
        drain: () => Promise.resolve(),
        [Symbol.asyncDispose]: () => Promise.resolve(),
      })
    },
  }
  const session = new CookieSession(inner, {
    cookies: () => Promise.resolve([]),
    keepCookies: () => Promise.resolve(),
  })
  for (const url of [from, to]) await session.get(url, { headers: {}, maxBytes: 1 })
  return sent[1]
}

test.for([
  ['of a host goes to that host', 'http://a.farm.test/', 'x=1', 'http://a.farm.test/', 'x=1'],
  ['of a host goes to no subdomain', 'http://farm.test/', 'x=1', 'http://a.farm.test/', undefined],
  [
    'of a domain goes to a subdomain',
    'http://farm.test/',
    'x=1; Domain=farm.test',
    'http://a.farm.test/',
    'x=1',
  ],
  [
    'of a domain goes to no name that ends like it',
    'http://farm.test/',
    'x=1; Domain=farm.test',
    'http://badfarm.test/',
    undefined,
  ],
  [
    'of a sister is not taken',
    'http://a.farm.test/',
    'x=1; Domain=b.farm.test',
    'http://b.farm.test/',
    undefined,
  ],
  [
    'of a public suffix is not taken',
    'http://a.co.uk/',
    'x=1; Domain=co.uk',
    'http://b.co.uk/',
    undefined,
  ],
  ['goes to another port', 'http://farm.test:81/', 'x=1', 'http://farm.test:82/', 'x=1'],
  ['of an address goes to that address', 'http://192.0.2.1/', 'x=1', 'http://192.0.2.1/', 'x=1'],
  [
    'of an address goes to no other',
    'http://192.0.2.1/',
    'x=1; Domain=2.1',
    'http://198.51.2.1/',
    undefined,
  ],
  [
    'that is Secure goes to https',
    'https://farm.test/',
    'x=1; Secure',
    'https://farm.test/',
    'x=1',
  ],
  [
    'that is Secure does not go to http',
    'https://farm.test/',
    'x=1; Secure',
    'http://farm.test/',
    undefined,
  ],
] as const)('a cookie %s', async ([, from, cookie, to, expected]) => {
  expect(await sentTo(to, from, cookie)).toBe(expected)
})
