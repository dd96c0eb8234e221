import type { ServerResponse } from 'node:http'
import { join } from 'node:path'
import { sleep } from 'corral'
import { expect, test } from 'vitest'
import { crawl } from '../../src/crawl/crawl.ts'
import { temporaryDirectory } from '../store/temporary-directory.ts'
import { pages, sendPage, testSite, type Answer } from './test-site.ts'

const fine = pages({ '/': [] })
const html = { 'content-type': 'text/html' }

/** Keeps what is asked for at `path` open for ever. */
function stuckAt(path: string, begin: (response: ServerResponse) => unknown): Answer {
  return (response, asked, hit, request) => {
    if (asked === path) begin(response)
    else fine(response, asked, hit, request)
  }
}

const phases: Readonly<Record<string, Answer>> = {
  'a robots.txt is waited for': stuckAt('/robots.txt', () => {}),
  'a robots.txt is read': stuckAt('/robots.txt', (response) => response.write('User-agent: *\n')),
  'an answer is waited for': stuckAt('/', () => {}),
  'a body is read': stuckAt('/', (response) => response.writeHead(200, html).write('<p>')),
  'a packed body is read': stuckAt('/', (response) =>
    response
      .writeHead(200, { ...html, 'content-encoding': 'gzip' })
      .write(Buffer.from('1f8b0800000000000003', 'hex')),
  ),
  'the body of an error is left': stuckAt('/', (response) =>
    response.writeHead(404, html).write('gone'),
  ),
}

test.for(Object.entries(phases))(
  'crawl ends with its time while %s, and the next one fetches the page',
  { timeout: 40_000 },
  async ([, stuck]) => {
    let answer = stuck
    const site = await testSite((...asked) => answer(...asked))
    const options = { seeds: [`${site.origin}/`], store: join(temporaryDirectory(), 'crawl.db') }
    const before = performance.now()
    const cut = await crawl({ ...options, limits: { maxTime: 300 } })
    // A request alone would take the 30 s of its own timeout.
    expect(performance.now() - before).toBeLessThan(10_000)
    expect(cut).toMatchObject({ pages: 0, failed: 0, queued: 1, inFlight: 0 })
    answer = fine
    expect(await crawl(options)).toMatchObject({ pages: 1, failed: 0, queued: 0 })
  },
)

test('crawl ends with its time while a page is handled, and the page comes again', async () => {
  const site = await testSite((response) => sendPage(response, []))
  const options = { seeds: [`${site.origin}/`], store: join(temporaryDirectory(), 'crawl.db') }
  const cut = await crawl({
    ...options,
    limits: { maxTime: 300 },
    onPage: () => sleep(Infinity),
  })
  expect(cut).toMatchObject({ pages: 0, failed: 0, queued: 1 })
  const handled: string[] = []
  const onPage = ({ url }: { readonly url: string }): number => handled.push(url)
  expect(await crawl({ ...options, onPage })).toMatchObject({ pages: 1, queued: 0 })
  expect(handled).toEqual(options.seeds)
})
