import { once } from 'node:events'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { openStore, StoreReader } from '@corral/crawl'
import { describe, expect, onTestFinished, test } from 'vitest'
import { runCommand, startCommand, temporaryDirectory } from '../command.ts'

/** A server on loopback for one test. */
async function serve(listener: RequestListener, port = 0): Promise<string> {
  const server = createServer(listener).listen(port, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
}

/** Ten pages, and a link to one that is not there. */
const tenPages: RequestListener = ({ url }, response) => {
  const page = url === '/' ? 0 : Number(/^\/(\d)$/.exec(url ?? '')?.[1] ?? Number.NaN)
  response.writeHead(Number.isNaN(page) ? 404 : 200, { 'content-type': 'text/html' })
  response.end(`<title>=Page ${page}</title><a href=/${page + 1}>next</a>`)
}

describe('corral crawl', () => {
  test('crawls into crawl.db, sums up, and exports', async () => {
    const url = await serve(tenPages)
    const cwd = temporaryDirectory()
    const ended = await runCommand(['crawl', url, '--export', 'out.csv'], cwd)
    expect(ended).toMatchObject({ code: 0, stderr: `Crawling ${url} into crawl.db\n` })
    expect(ended.stdout).toMatch(
      /^Crawl complete\n\n {2}pages {4}10\n {2}bytes .*\n {2}time .*\n {2}rate .*pages\/s\n/,
    )
    expect(ended.stdout).toContain('  answers  2xx 10, 4xx 1\n  failed   1: http 1\n')
    expect(ended.stdout).toContain('  store    crawl.db\n  export   out.csv\n')
    expect(ended.stdout).toMatch(/\n {2}failures {2}.* crawl failures\n$/)
    expect(readdirSync(cwd).toSorted()).toEqual(['crawl.db', 'out.csv'])
    const [head, first, ...rows] = readFileSync(join(cwd, 'out.csv'), 'utf8').split('\r\n')
    expect(head).toMatch(/^url,status,error,/)
    expect(first).toContain(`${url},200,,text/html,"'=Page 0",`)
    expect(rows).toHaveLength(11)
    expect(rows.at(-2)).toContain(`${url}10,404,http 404: status 404 Not Found,`)
  })

  test('given again it goes on, and fetches nothing again', async () => {
    const asked: string[] = []
    const url = await serve((request, response) => {
      asked.push(request.url ?? '')
      tenPages(request, response)
    })
    const cwd = temporaryDirectory()
    const first = await runCommand(['crawl', url, '--max-pages', '4'], cwd)
    expect(first).toMatchObject({ code: 0 })
    expect(first.stdout).toMatch(/^Crawl stopped: as many pages as asked for\n\n {2}pages {4}4\n/)
    expect(first.stdout).toMatch(new RegExp(`\\n {2}go on .* crawl ${url}\\n`))

    const second = await runCommand(['crawl', url], cwd)
    expect(second.stderr).toContain('into crawl.db, going on: 4 pages stored, 1 URLs queued\n')
    expect(second.stdout).toContain('  pages    10, 6 of them in this run\n')
    const pages = asked.filter((path) => path !== '/robots.txt')
    expect(pages.length).toBe(new Set(pages).size)
  })

  test('--json writes lines of JSON to stdout, and nothing to stderr', async () => {
    const url = await serve(tenPages)
    const { code, stdout, stderr } = await runCommand(
      ['crawl', url, '--json'],
      temporaryDirectory(),
    )
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    const lines = stdout
      .trim()
      .split('\n')
      .map((text) => JSON.parse(text) as { type: string })
    expect(new Set(lines.slice(0, -1).map(({ type }) => type))).toEqual(new Set(['progress']))
    expect(lines.at(-1)).toMatchObject({
      type: 'summary',
      end: 'done',
      store: 'crawl.db',
      pages: 10,
      newPages: 10,
      failed: 1,
      statuses: { 200: 10, 404: 1 },
      failures: { http: 1 },
    })
  })

  test('--quiet says nothing before the summary', async () => {
    const url = await serve(tenPages)
    const { code, stderr } = await runCommand(['crawl', url, '-q'], temporaryDirectory())
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  })

  test('--depth, --include, --exclude and --user-agent reach the crawl', async () => {
    const agents = new Set<string | undefined>()
    const url = await serve((request, response) => {
      agents.add(request.headers['user-agent'])
      tenPages(request, response)
    })
    const crawled = async (...args: string[]): Promise<string[]> => {
      const cwd = temporaryDirectory()
      expect(await runCommand(['crawl', url, ...args], cwd)).toMatchObject({ code: 0 })
      using reader = new StoreReader(join(cwd, 'crawl.db'))
      return [...reader.pages()].map((page) => page.url.slice(url.length))
    }
    expect(await crawled('--depth', '2', '--user-agent', 'Bot/1 (x)')).toEqual(['', '1', '2'])
    expect([...agents]).toEqual(['Bot/1 (x)'])
    expect(await crawled('--exclude', '/3$')).toEqual(['', '1', '2'])
    expect(await crawled('--include', '/[12]$')).toEqual(['', '1', '2'])
  })

  test('--extract reads from pages, and the export has it', async () => {
    const url = await serve(tenPages)
    const cwd = temporaryDirectory()
    const extract = ['--extract', 'name=title', '--extract', 'next[]=a@href']
    const args = ['crawl', url, '--max-pages', '2', ...extract, '--export', 'out.jsonl']
    expect(await runCommand(args, cwd)).toMatchObject({ code: 0 })
    const rows = readFileSync(join(cwd, 'out.jsonl'), 'utf8').trim().split('\n')
    expect(rows.map((row) => (JSON.parse(row) as { data: unknown }).data)).toEqual([
      { name: '=Page 0', next: ['/1'] },
      { name: '=Page 1', next: ['/2'] },
    ])
    await runCommand(['crawl', 'export', 'out.csv'], cwd)
    const csv = readFileSync(join(cwd, 'out.csv'), 'utf8')
    const [head, first] = csv.split('\r\n')
    expect(head).toMatch(/,duration_ms,data\.name,data\.next$/)
    expect(first).toMatch(/,"'=Page 0","\[""\/1""\]"$/)
    await runCommand(['crawl', 'export', 'out.csv', '--bom'], cwd)
    expect(readFileSync(join(cwd, 'out.csv'), 'utf8')).toBe(`\uFEFF${csv}`)
    expect(await runCommand(['crawl', url, '--extract', 'x=a['], cwd)).toMatchObject({
      code: 2,
      stderr: 'corral crawl: extract must have a CSS selector, got "a["\n',
    })
  })

  test('--sitemap is enough to start from, --find-sitemaps finds them, and --refresh asks again', async () => {
    const asked: string[] = []
    const url = await serve(({ url: path = '', headers }, response) => {
      asked.push(`${path}${headers['if-none-match'] ?? ''}`)
      if (path === '/robots.txt') return void response.end(`Sitemap: ${url}two.xml`)
      const other = path === '/one.xml' ? 'a' : 'b'
      if (path.endsWith('.xml')) {
        response.writeHead(200, { 'content-type': 'application/xml' })
        return void response.end(`<urlset><url><loc>${url}${other}</loc></url></urlset>`)
      }
      response.writeHead(headers['if-none-match'] === '"1"' ? 304 : 200, {
        'content-type': 'text/html',
        etag: '"1"',
      })
      response.end()
    })
    const cwd = temporaryDirectory()
    const sitemap = ['crawl', '--sitemap', `${url}one.xml`]
    expect(await runCommand([...sitemap, '--find-sitemaps'], cwd)).toMatchObject({ code: 0 })
    expect(asked.toSorted()).toEqual(['/a', '/b', '/one.xml', '/robots.txt', '/two.xml'])
    asked.length = 0
    expect(await runCommand([...sitemap, '--refresh'], cwd)).toMatchObject({ code: 0 })
    expect(asked).toContain('/a"1"')
    expect(asked).toContain('/b"1"')
  })

  test('--max-total-bytes and --max-time end it, and it says which, and how to go on', async () => {
    const url = await serve((request, response) => {
      setTimeout(() => tenPages(request, response), 50)
    })
    const ends = async (...args: string[]): Promise<string> => {
      const { code, stdout } = await runCommand(['crawl', url, ...args], temporaryDirectory())
      expect(code).toBe(0)
      return `${stdout.split('\n')[0]} ${/go on .* crawl (.*)/.exec(stdout)?.[1]?.replace(url, '')}`
    }
    expect(await ends('--max-total-bytes', '100')).toBe(
      'Crawl stopped: as many bytes as asked for ',
    )
    expect(await ends('--max-time', '200ms')).toBe(
      'Crawl stopped: its time is over  --max-time 200ms',
    )
  })

  test('--seeds starts from the URLs in a file, and from what is piped in', async () => {
    const asked: string[] = []
    const url = await serve(({ url: path = '' }, response) => {
      asked.push(path)
      response.end('')
    })
    const cwd = temporaryDirectory()
    writeFileSync(join(cwd, 'urls.txt'), `# two\n${url}a\n\n${url}b\n`)
    const args = ['crawl', '--ignore-robots']
    expect(await runCommand([...args, `${url}c`, '--seeds', 'urls.txt'], cwd)).toMatchObject({
      code: 0,
      stderr: `Crawling ${url}c and 2 more into crawl.db\n`,
    })
    expect(asked.toSorted()).toEqual(['/a', '/b', '/c'])
    const piped = await runCommand([...args, '--seeds', '-'], cwd, {}, `${url}d\n${url}e`)
    expect(piped).toMatchObject({ code: 0 })
    expect(asked.slice(3).toSorted()).toEqual(['/d', '/e'])

    const wrong = await runCommand([...args, '--seeds', '-'], cwd, {}, `${url}\n/f`)
    expect(wrong).toMatchObject({
      code: 2,
      stderr: 'corral crawl: line 2 of stdin must be an http or https URL, got "/f"\n',
    })
    const none = await runCommand([...args, '--seeds', '-'], cwd, {}, '# none\n')
    expect(none).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('no URL given') as string,
    })
  })

  test('--cookie-file sends the cookies of a browser, and says what is wrong with the file', async () => {
    const asked: (string | undefined)[] = []
    const url = await serve(({ headers }, response) => {
      asked.push(headers.cookie)
      response.end('')
    })
    const cwd = temporaryDirectory()
    writeFileSync(join(cwd, 'cookies.txt'), '127.0.0.1\tFALSE\t/\tFALSE\t0\tid\t7\n')
    const args = ['crawl', url, '--ignore-robots', '--cookie-file']
    expect(await runCommand([...args, 'cookies.txt'], cwd)).toMatchObject({ code: 0 })
    expect(asked).toEqual(['id=7'])
    expect(await runCommand([...args, 'none.txt'], cwd)).toMatchObject({
      code: 2,
      stderr: 'corral crawl: cookieFile none.txt cannot be read (ENOENT); name a file\n',
    })
  })

  test('--priority fetches what matches first', async () => {
    const asked: string[] = []
    const url = await serve(({ url: path = '' }, response) => {
      asked.push(path)
      const links = path === '/' ? '<a href=/a><a href=/b><a href=/docs/c>' : ''
      response.writeHead(200, { 'content-type': 'text/html' }).end(links)
    })
    const args = ['crawl', url, '--ignore-robots', '--per-host', '1', '--priority', '/docs/']
    expect(await runCommand(args, temporaryDirectory())).toMatchObject({ code: 0 })
    expect(asked).toEqual(['/', '/docs/c', '/a', '/b'])
  })

  test('--warc keeps what was said, --proxy asks another', async () => {
    const url = await serve(tenPages)
    const cwd = temporaryDirectory()
    expect(await runCommand(['crawl', url, '--warc', 'kept'], cwd)).toMatchObject({ code: 0 })
    expect(readdirSync(join(cwd, 'kept'))).toEqual([expect.stringMatching(/\.warc\.gz$/)])

    const asked: string[] = []
    const proxy = await serve((request, response) => {
      asked.push(request.url ?? '')
      response.writeHead(200, { 'content-type': 'text/html' }).end('<title>x</title>')
    })
    const args = ['crawl', 'http://a.test/x', '--proxy', proxy, '--store', 'proxied.db']
    expect(await runCommand(args, cwd)).toMatchObject({ code: 0 })
    expect(asked).toContain('http://a.test/x')
  })

  test.each([':memory:', 'file:x.db'])('--store %s is a file like any other', async (store) => {
    const url = await serve(tenPages)
    const cwd = temporaryDirectory()
    const args = ['crawl', url, '--store', store, '--quiet']
    expect(await runCommand(args, cwd)).toMatchObject({ code: 0, stderr: '' })
    expect(readdirSync(cwd)).toEqual([store])
  })

  test('a reader that has seen enough is no failure', async () => {
    const url = await serve(tenPages)
    const { child, ended } = startCommand(['crawl', url, '--json'], temporaryDirectory())
    child.stdout.destroy()
    expect(await ended).toMatchObject({ code: 0, stderr: '' })
  })
})

describe('corral crawl with a store that is none', () => {
  async function refused(store: string, cwd: string): Promise<string> {
    const url = await serve(() => expect.unreachable('nothing is to be fetched'))
    const { code, stdout, stderr } = await runCommand(['crawl', url, '--store', store], cwd)
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    return stderr
  }

  test('refuses a directory', async () => {
    const cwd = temporaryDirectory()
    mkdirSync(join(cwd, 'sub'))
    expect(await refused('sub', cwd)).toBe('corral crawl: store sub is a directory; name a file\n')
    expect(readdirSync(join(cwd, 'sub'))).toEqual([])
  })

  test('refuses a file in a directory that is not there', async () => {
    expect(await refused('no/x.db', temporaryDirectory())).toBe(
      'corral crawl: store no/x.db: there is no directory no; create it first\n',
    )
  })

  test('refuses a file that is no database, and leaves it as it is', async () => {
    const cwd = temporaryDirectory()
    const text = 'some notes, not to be lost\n'.repeat(100)
    writeFileSync(join(cwd, 'notes.txt'), text)
    expect(await refused('notes.txt', cwd)).toBe(
      'corral crawl: notes.txt is no SQLite database; name another store\n',
    )
    expect(readFileSync(join(cwd, 'notes.txt'), 'utf8')).toBe(text)
    expect(readdirSync(cwd)).toEqual(['notes.txt'])
  })

  test("refuses another program's database, and leaves it as it is", async () => {
    const cwd = temporaryDirectory()
    const file = join(cwd, 'other.db')
    const other = new DatabaseSync(file)
    other.exec('CREATE TABLE mine (x)')
    other.close()
    const before = readFileSync(file)
    expect(await refused('other.db', cwd)).toBe(
      'corral crawl: other.db is a database of another program; name another store\n',
    )
    expect(readFileSync(file)).toEqual(before)
  })

  test('refuses a database that is locked, and leaves it as it is', async () => {
    const cwd = temporaryDirectory()
    await (await openStore(join(cwd, 'crawl.db'))).close()
    using other = new DatabaseSync(join(cwd, 'crawl.db'))
    other.exec('BEGIN IMMEDIATE')
    expect(await refused('crawl.db', cwd)).toBe(
      'corral crawl: store crawl.db is locked by another program; close it and try again\n',
    )
    other.exec('ROLLBACK')
    expect(other.prepare('PRAGMA integrity_check').get()).toEqual({ integrity_check: 'ok' })
  })

  test('refuses a store that another crawl works on', async () => {
    const cwd = temporaryDirectory()
    await using store = await openStore(join(cwd, 'crawl.db'))
    expect(await refused(store.file, cwd)).toBe(
      `corral crawl: store ${store.file} is in use by another crawl; wait for it or name another store\n`,
    )
  })

  test('refuses an archive that is no directory, before anything is fetched', async () => {
    const cwd = temporaryDirectory()
    writeFileSync(join(cwd, 'taken'), '')
    for (const [directory, message] of [
      ['taken', '--warc taken is a file; name a directory'],
      [
        'taken/in',
        '--warc taken/in cannot be written; name a directory that may be made or written',
      ],
      // Where Node's own way of making directories goes on for ever.
      [
        '/proc/none',
        '--warc /proc/none cannot be written; name a directory that may be made or written',
      ],
    ] as const) {
      expect(await runCommand(['crawl', 'http://a.test/', '--warc', directory], cwd)).toEqual({
        code: 1,
        signal: null,
        stdout: '',
        stderr: `corral crawl: ${message}\n`,
      })
    }
    expect(readdirSync(cwd)).toEqual(['taken'])
  })

  test('refuses an export that cannot be written, before anything is fetched', async () => {
    const cwd = temporaryDirectory()
    mkdirSync(join(cwd, 'out.csv'))
    for (const [file, message] of [
      [
        'no/out.csv',
        'export no/out.csv cannot be written; check that its directory is there and may be written',
      ],
      ['out.csv', 'export out.csv is a directory; name a file'],
    ] as const) {
      expect(await runCommand(['crawl', 'http://a.test/', '--export', file], cwd)).toEqual({
        code: 1,
        signal: null,
        stdout: '',
        stderr: `corral crawl: ${message}\n`,
      })
    }
    expect(readdirSync(cwd)).toEqual(['out.csv'])
  })
})

describe('corral crawl of what cannot be had', () => {
  test.each([
    ['http://127.0.0.1:1/', 'ECONNREFUSED'],
    ['http://corral.invalid/', 'ENOTFOUND'],
  ])('fails when %s is all there is', async (url, reason) => {
    const args = ['crawl', url, '--retries', '0', '--store', 'x.db']
    const cwd = temporaryDirectory()
    const { code, stdout, stderr } = await runCommand(args, cwd)
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toMatch(/^corral crawl: nothing could be fetched: [^\n]*\n$/)
    expect(stderr).toContain(`${url}: `)
    expect(stderr).toContain(reason)
    using reader = new StoreReader(join(cwd, 'x.db'))
    expect(reader.counts()).toMatchObject({ pages: 0, failed: 1, queued: 0 })
  })

  test('given again when the server is up, it crawls', async () => {
    const down = createServer().listen(0, '127.0.0.1')
    await once(down, 'listening')
    const { port } = down.address() as AddressInfo
    await new Promise((resolve) => down.close(resolve))
    const cwd = temporaryDirectory()
    const args = ['crawl', `http://127.0.0.1:${port}/`, '--retries', '0']
    expect(await runCommand(args, cwd)).toMatchObject({ code: 1 })

    await serve(tenPages, port)
    const { code, stdout } = await runCommand(args, cwd)
    expect(code).toBe(0)
    expect(stdout).toContain('  pages    10\n')
  })

  test('fails when robots.txt forbids everything', async () => {
    const url = await serve((_request, response) => response.end('User-agent: *\nDisallow: /\n'))
    expect(await runCommand(['crawl', url], temporaryDirectory())).toMatchObject({
      code: 1,
      stdout: '',
      stderr: 'corral crawl: nothing was fetched: robots.txt forbids it\n',
    })
  })

  test('does not fail when some of it can be had', async () => {
    const url = await serve(tenPages)
    const args = ['crawl', url, 'http://127.0.0.1:1/', '--retries', '0']
    const { code, stdout } = await runCommand(args, temporaryDirectory())
    expect(code).toBe(0)
    expect(stdout).toMatch(/\n {2}failed {3}2: /)
  })
})

describe('corral crawl and signals', () => {
  /** The start page links to nine that never answer. */
  async function hanging(): Promise<{ url: string; open: () => number; reached: Promise<void> }> {
    let open = 0
    const reached = Promise.withResolvers<void>()
    const url = await serve((request, response) => {
      if (request.url === '/robots.txt') return void response.writeHead(404).end()
      if (request.url === '/') {
        const links = Array.from({ length: 9 }, (_, each) => `<a href=/${each}>`)
        return void response.writeHead(200, { 'content-type': 'text/html' }).end(links.join(''))
      }
      open++
      if (open === 5) reached.resolve()
      response.on('close', () => open--)
    })
    return { url, open: () => open, reached: reached.promise }
  }

  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)(
    '%s ends it without waiting for answers, with exit code %d, and it says how to go on',
    async (signal, code) => {
      const site = await hanging()
      const cwd = temporaryDirectory()
      const args = ['crawl', site.url, '--per-host', '5']
      const { child, ended } = startCommand(args, cwd)
      await site.reached
      const before = performance.now()
      child.kill(signal)
      const { stdout, stderr, ...rest } = await ended
      expect(performance.now() - before).toBeLessThan(15_000) // answers are waited for 30 seconds
      expect(rest).toEqual({ code, signal: null })
      expect(stderr).not.toMatch(/error|\n {4}at /i)
      expect(stdout).toMatch(
        /^Crawl interrupted: everything fetched so far is stored\n\n {2}pages {4}1\n/,
      )
      expect(stdout).toMatch(new RegExp(`\\n {2}go on .* crawl ${site.url} --per-host 5\\n`))
      await expect.poll(site.open).toBe(0)

      expect(readdirSync(cwd)).toEqual(['crawl.db'])
      using reader = new StoreReader(join(cwd, 'crawl.db'))
      expect(reader.counts()).toMatchObject({ pages: 1, queued: 9, failed: 0 })
    },
  )

  test('a second one ends it at once, and the store is still good', async () => {
    const site = await hanging()
    const cwd = temporaryDirectory()
    const { child, ended } = startCommand(['crawl', site.url, '--per-host', '5'], cwd)
    await site.reached
    child.kill('SIGINT')
    child.kill('SIGTERM')
    expect(await ended).toMatchObject({
      signal: null,
      code: expect.toBeOneOf([130, 143]) as number,
    })
    using store = new DatabaseSync(join(cwd, 'crawl.db'))
    expect(store.prepare('PRAGMA integrity_check').get()).toEqual({ integrity_check: 'ok' })
    expect(store.prepare('SELECT count(*) AS n FROM pages').get()).toEqual({ n: 1 })
  })
})
