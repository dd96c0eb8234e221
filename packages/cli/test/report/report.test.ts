import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { openStore, StoreReader, type FrontierEntry, type StoredPage } from '@corral/crawl'
import { describe, expect, onTestFinished, test } from 'vitest'
import { collectReport } from '../../src/report/collect-report.ts'
import { html } from '../../src/report/html.ts'
import { Largest } from '../../src/report/largest.ts'
import { writeReport } from '../../src/report/write-report.ts'
import { chromium, openPage } from '../browser.ts'
import { runCommand, temporaryDirectory } from '../command.ts'

const hostile = `"'><script>document.title='owned'</script><img src=x onerror=alert(1)>\u202E`

function page(changes: Partial<StoredPage> = {}): StoredPage {
  const times = { fetchedAt: Date.UTC(2026, 0, 2), durationMs: 5, attempts: 1 }
  return { status: 200, bytes: 100, noindex: false, title: 'A page', ...times, ...changes }
}

/** A store in which everything that comes from outside would like to be HTML. */
async function hostileStore(): Promise<string> {
  const file = join(temporaryDirectory(), '<b>.db')
  await using store = await openStore(file)
  const start = `http://a.test/?q=${hostile}`
  await store.seed([start, 'http://a.test/2', 'http://b.test/3'])
  const [one, two, three] = (await store.claim(3, 3)) as [
    FrontierEntry,
    FrontierEntry,
    FrontierEntry,
  ]
  const broken = { url: 'http://b.test/3', kind: 'anchor', nofollow: false }
  const moved = {
    url: `http://a.test/${hostile}`,
    kind: 'redirect',
    nofollow: false,
    skip: 'depth',
  }
  const failure = { kind: 'handler', code: hostile, message: hostile, attempts: 1, failedAt: 1 }
  await store.commit([
    {
      result: 'page',
      entry: one,
      page: page({ title: hostile, durationMs: 900 }),
      links: [broken],
    },
    {
      result: 'page',
      entry: two,
      page: page({ status: 301, bytes: 0 }),
      links: [broken],
      redirect: moved,
    },
    { result: 'failure', entry: three, failure },
  ])
  return file
}

describe('a report', () => {
  test('sums a store up', async () => {
    const file = await hostileStore()
    using reader = new StoreReader(file)
    const report = await collectReport(reader)
    expect(report.slowest.map(({ duration_ms }) => duration_ms)).toEqual([900, 5])
    expect(report.biggest.map(({ bytes }) => bytes)).toEqual([100, 0])
    expect(report.redirects).toMatchObject({ count: 1, examples: [{ url: 'http://a.test/2' }] })
    expect(report.hosts).toMatchObject({
      count: 2,
      largest: [
        { origin: 'http://a.test', pages: 2, failed: 0, bytes: 100, time: 905 },
        { origin: 'http://b.test', pages: 0, failed: 1 },
      ],
    })
    expect(report.failures).toMatchObject([
      { kind: 'handler', code: hostile, count: 1, examples: ['http://b.test/3'] },
    ])
    expect(report.broken.count).toBe(1)
    expect(report.broken.links).toMatchObject([
      { url: 'http://b.test/3', kind: 'handler', count: 2 },
    ])
    expect(report.broken.links[0]?.from).toContain('http://a.test/2')
  })

  test('escapes titles, URLs, messages and the name of the store', async () => {
    const store = await hostileStore()
    const file = join(temporaryDirectory(), 'out.html')
    await writeReport(store, file)
    const text = readFileSync(file, 'utf8')
    expect(text).toContain('&lt;script&gt;document.title=&#39;owned&#39;&lt;/script&gt;')
    expect(text).toContain('<h1>Crawl &lt;b&gt;.db</h1>')
    expect(text).not.toMatch(/<script|<img|<b>|\u202E/)
    expect(text.match(/ on\w+=(?!alert)/g)).toBeNull()
    expect(text).toContain(`content="default-src 'none'; style-src 'unsafe-inline'"`)
  })

  test.runIf(chromium !== undefined)('is a page that runs nothing and loads nothing', async () => {
    const file = join(temporaryDirectory(), 'out.html')
    await writeReport(await hostileStore(), file)
    await using shown = await openPage(pathToFileURL(file).href)
    await expect.poll(() => shown.evaluate('document.readyState')).toBe('complete')
    const counted = ['script', 'img', 'h2', 'table'].map(
      (name) => `document.querySelectorAll('${name}').length`,
    )
    expect(await shown.evaluate(`[${counted.join()}].join()`)).toBe('0,0,7,7')
    expect(await shown.evaluate('document.title')).toBe('Crawl <b>.db')
    expect(shown.complaints).toEqual([])
  })

  test('of an empty store says that there is nothing', async () => {
    const directory = temporaryDirectory()
    await (await openStore(join(directory, 'x.db'))).close()
    await writeReport(join(directory, 'x.db'), join(directory, 'x.html'))
    expect(readFileSync(join(directory, 'x.html'), 'utf8')).toContain('nothing fetched yet')
    expect(readdirSync(directory).toSorted()).toEqual(['x.db', 'x.html'])
  })
})

test('html escapes what is put in, and not what is HTML already', () => {
  expect(html`<a title="${'"&<>\''}">${html`<b>${1}</b>`}${[html`x`, html`y`]}</a>`.text).toBe(
    '<a title="&quot;&amp;&lt;&gt;&#39;"><b>1</b>xy</a>',
  )
  expect(html`${'a\u0000\u202Eb\n'}`.text).toBe('a\uFFFD\uFFFDb\n')
})

test('Largest has the greatest of 100 000', () => {
  const largest = new Largest<number>(3, (value) => value)
  for (let i = 0; i < 100_000; i++) largest.add((i * 7919) % 100_000)
  expect(largest.items).toEqual([99_999, 99_998, 99_997])
})

describe('corral crawl report and --report', () => {
  test('write the report, and say where', async () => {
    const site = createServer(({ url }, response) => {
      response.writeHead(url === '/' ? 200 : 404, { 'content-type': 'text/html' })
      response.end('<title>Start</title><a href=/gone>x</a>')
    }).listen(0, '127.0.0.1')
    await once(site, 'listening')
    onTestFinished(() => site.close().closeAllConnections())
    const cwd = temporaryDirectory()
    const url = `http://127.0.0.1:${(site.address() as AddressInfo).port}/`
    const crawled = await runCommand(['crawl', url, '--report', 'out.html'], cwd)
    expect(crawled).toMatchObject({ code: 0 })
    expect(crawled.stdout).toContain('\n  report   out.html\n')
    const again = await runCommand(['crawl', 'report'], cwd)
    expect(again).toMatchObject({ code: 0, stdout: 'report written to report.html\n', stderr: '' })
    for (const file of ['out.html', 'report.html']) {
      const text = readFileSync(join(cwd, file), 'utf8')
      expect(text).toMatch(new RegExp(`404</td>\\s*<td>\\s*<a href="${url}gone">`))
    }
  })

  test('refuse what cannot be written or read, with one line', async () => {
    const cwd = temporaryDirectory()
    writeFileSync(join(cwd, 'notes.db'), 'no store\n'.repeat(100))
    const refused = async (...args: string[]): Promise<string> =>
      (await runCommand(['crawl', ...args], cwd)).stderr
    expect(await refused('http://a.test/', '--report', 'no/out.html')).toMatch(
      /^corral crawl: report no\/out\.html cannot be written; [^\n]*\n$/,
    )
    expect(await refused('report', 'x.txt')).toBe(
      'corral crawl: the file must be a file name that ends in .html, got "x.txt"\n',
    )
    expect(await refused('report', '--store', 'notes.db')).toBe(
      'corral crawl: notes.db is no SQLite database; name another store\n',
    )
    expect(readdirSync(cwd)).toEqual(['notes.db'])
  })
})
