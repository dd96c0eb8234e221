import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { crawl } from '../../src/crawl/crawl.ts'
import { readCookieFile } from '../../src/fetch/cookie-file.ts'
import { resolver } from '../crawl/resolver.ts'
import { sendPage, testSite } from '../crawl/test-site.ts'
import { temporaryDirectory } from '../store/temporary-directory.ts'

function fileOf(...lines: readonly (string | readonly string[])[]): string {
  const file = join(temporaryDirectory(), 'cookies.txt')
  const text = lines.map((line) => (typeof line === 'string' ? line : line.join('\t')))
  writeFileSync(file, `${text.join('\r\n')}\r\n`)
  return file
}

const later = '4102444800'

describe('crawl with a file of cookies', () => {
  test('sends each where it belongs, from the first request on, and those that servers set beside them', async () => {
    const seen: Record<string, string | undefined> = {}
    const site = await testSite((response, path, _hit, request) => {
      const [host = '', port = ''] = (request.headers.host ?? '').split(':')
      if (path === '/robots.txt') return response.writeHead(404).end()
      seen[`${host}${path}`] = request.headers.cookie
      if (path === '/') response.setHeader('set-cookie', 'id=new')
      return sendPage(response, path === '/' ? ['/in/1', `http://hay.farm.test:${port}/in/2`] : [])
    })
    const cookieFile = fileOf(
      '# Netscape HTTP Cookie File',
      '',
      ['.farm.test', 'TRUE', '/', 'FALSE', later, 'all', '1'],
      ['www.farm.test', 'FALSE', '/in', 'FALSE', '0', 'deep', 'a=b'],
      ['#HttpOnly_www.farm.test', 'FALSE', '/', 'FALSE', later, 'id', 'old'],
      ['www.farm.test', 'FALSE', '/', 'TRUE', later, 'safe', '1'],
      ['www.farm.test', 'FALSE', '/', 'FALSE', '1000000000', 'over', '1'],
      ['other.test', 'FALSE', '/', 'FALSE', later, 'other', '1'],
    )
    const store = join(temporaryDirectory(), 'crawl.db')
    const options = {
      seeds: [site.origin.replace('127.0.0.1', 'www.farm.test')],
      store,
      scope: { within: 'domain' as const },
      connect: { lookup: resolver({ '*': '127.0.0.1' }).lookup, allowAddress: () => true },
      limits: { concurrency: 1 },
    }
    await crawl({ ...options, cookieFile })
    const parts = Object.fromEntries(
      Object.entries(seen).map(([url, cookie]) => [url, cookie?.split('; ').toSorted()]),
    )
    expect(parts).toEqual({
      'www.farm.test/': ['all=1', 'id=old'],
      'www.farm.test/in/1': ['all=1', 'deep=a=b', 'id=new'],
      'hay.farm.test/in/2': ['all=1'],
    })
  })

  test('is refused before anything is touched, and no message has a value', async () => {
    const good = ['a.test', 'FALSE', '/', 'FALSE', '0', 'a', 'secret']
    const bad = [
      good.slice(0, 5),
      good.with(1, 'yes'),
      good.with(2, 'in'),
      good.with(4, 'soon'),
      good.with(0, ''),
      ['a.test FALSE / FALSE 0 a secret'],
    ]
    for (const line of bad) {
      const file = fileOf('# first', line)
      const refusal = await readCookieFile(file).catch((error: Error) => error.message)
      expect(refusal).toMatch(/^crawl: cookieFile: line 2 of .* must be domain, TRUE or FALSE/)
      expect(refusal).not.toContain('secret')
    }
    const store = join(temporaryDirectory(), 'no', 'crawl.db')
    const missing = { seeds: ['http://a.test/'], store, cookieFile: 'no-such-file.txt' }
    await expect(crawl(missing)).rejects.toThrow(
      'crawl: cookieFile no-such-file.txt cannot be read (ENOENT); name a file',
    )
  })
})
