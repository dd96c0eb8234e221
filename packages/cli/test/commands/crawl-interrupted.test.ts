import { once } from 'node:events'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { gzipSync } from 'node:zlib'
import { describe, expect, onTestFinished, test } from 'vitest'
import { startCommand, temporaryDirectory } from '../command.ts'

interface Endless {
  /** What is answered for ever; everything else is not found. */
  readonly path: string
  readonly begin: Uint8Array
  /** Comes again and again, so slowly that no limit of size ends it. */
  readonly again: Uint8Array
  readonly args?: readonly string[]
}

const bytes = (text: string): Buffer => Buffer.from(text, 'latin1')
const head = (fields: string): Buffer => bytes(`HTTP/1.1 200 OK\r\n${fields}\r\n\r\n`)
const html = 'content-type: text/html'
const sitemap = 'content-type: application/gzip'
const urlset = '<urlset><url><loc>http://127.0.0.1:1/a</loc></url></urlset>'

const endless: Readonly<Record<string, Endless>> = {
  'a body that never ends': { path: '/', begin: head(html), again: bytes('<p>more') },
  'a gzip page padded with zeros for ever': {
    path: '/',
    begin: Buffer.concat([head(`${html}\r\ncontent-encoding: gzip`), gzipSync('<p>done')]),
    again: Buffer.alloc(512),
  },
  'a gzip sitemap padded with zeros for ever': {
    path: '/s.xml.gz',
    begin: Buffer.concat([head(sitemap), gzipSync(urlset)]),
    again: Buffer.alloc(512),
    args: ['--sitemap', '/s.xml.gz'],
  },
  'a sitemap of empty gzip members for ever': {
    path: '/s.xml.gz',
    begin: head(sitemap),
    again: Buffer.concat(Array.from({ length: 20 }, () => gzipSync(''))),
    args: ['--sitemap', '/s.xml.gz'],
  },
  'a gzip header whose file name never ends': {
    path: '/',
    begin: Buffer.concat([
      head(`${html}\r\ncontent-encoding: gzip`),
      Buffer.from('1f8b0808000000000003', 'hex'),
    ]),
    again: bytes('name'),
  },
  'a robots.txt that drips for ever': {
    path: '/robots.txt',
    begin: head('content-type: text/plain'),
    again: bytes('#'),
  },
}

/** A server of one thing that never ends, and how to know that the command is in the middle of it. */
async function serve({ path, begin, again }: Endless) {
  const reached = Promise.withResolvers<void>()
  const open = new Set<Socket>()
  const server = createServer((socket) => {
    open.add(socket)
    let timer: NodeJS.Timeout | undefined
    socket.on('error', () => {})
    socket.on('close', () => {
      clearInterval(timer)
      open.delete(socket)
    })
    socket.on('data', (request) => {
      if (!request.toString('latin1').startsWith(`GET ${path} `)) {
        socket.write('HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n')
        return
      }
      socket.write(begin)
      let sent = 0
      timer = setInterval(() => {
        socket.write(again)
        if (++sent === 20) reached.resolve()
      }, 5)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    for (const socket of open) socket.destroy()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}`, reached: reached.promise, open }
}

describe.for([1, 2])('Ctrl-C, %i times', (times) => {
  test.for(Object.entries(endless))(
    'ends a crawl of %s',
    { timeout: 30_000 },
    async ([name, given]) => {
      const site = await serve(given)
      const cwd = temporaryDirectory()
      const args = (given.args ?? []).map((word) =>
        word.startsWith('/') ? `${site.url}${word}` : word,
      )
      const { child, ended } = startCommand(['crawl', `${site.url}/`, ...args], cwd)
      await site.reached
      const before = performance.now()
      for (let n = 0; n < times; n++) child.kill('SIGINT')
      const { stderr, ...end } = await ended
      const took = performance.now() - before
      console.log(`${name}, SIGINT x ${times}: gone after ${took.toFixed(0)} ms`)
      expect(end).toMatchObject({ code: 130, signal: null })
      expect(stderr).not.toMatch(/error|deadlock|\n {4}at /i)
      // Some 100 ms; a busy machine takes its time, and without a signal it would never end.
      expect(took).toBeLessThan(15_000)
      await expect.poll(() => site.open.size).toBe(0)
      using store = new DatabaseSync(join(cwd, 'crawl.db'))
      expect(store.prepare('PRAGMA integrity_check').get()).toEqual({ integrity_check: 'ok' })
    },
  )
})
