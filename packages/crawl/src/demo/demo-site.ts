import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { demoAnswers } from './demo-answers.ts'
import { demoBodies } from './demo-bodies.ts'
import { demoChapter, demoHtml, demoIndex, demoPage, type DemoLink } from './demo-page.ts'

export interface DemoSiteOptions {
  /** A free one when left out. */
  readonly port?: number
}

/** A small web site on loopback, with everything in it that crawlers stumble over. */
export interface DemoSite extends AsyncDisposable {
  /** Of its start page. */
  readonly url: string
  /** How often each path was asked for, query included. */
  readonly hits: ReadonlyMap<string, number>
  close(): Promise<void>
}

/**
 * Serves a few hundred linked pages on loopback: slow ones, redirects, one in a circle and one without end, missing
 * ones, failures that heal, a 429, endless and packed bodies, other charsets, broken HTML, a robots.txt. It is
 * the same every time: only the count of requests for a URL changes an answer.
 *
 * @example
 * await using site = await startDemoSite()
 * await crawl({ seeds: [site.url], store: 'demo.db' })
 */
export async function startDemoSite(options: DemoSiteOptions = {}): Promise<DemoSite> {
  // Imported where it is needed: it brings a second undici along, Node's own.
  const { createServer } = await import('node:http')
  const hits = new Map<string, number>()
  const index = demoIndex([...corners.flatMap((corner) => corner.links), ...outside])
  const server = createServer((request, response) => {
    const path = request.url ?? '/'
    const hit = (hits.get(path) ?? 0) + 1
    hits.set(path, hit)
    response.on('error', () => {})
    void answer(path, hit, index, request, response)
  })
  await listen(server, options.port ?? 0)

  const close = async (): Promise<void> => {
    if (!server.listening) return
    const closed = new Promise((resolve) => server.close(resolve))
    server.closeAllConnections()
    await closed
  }
  const { port } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}/`, hits, close, [Symbol.asyncDispose]: close }
}

const corners = [...demoAnswers, ...demoBodies]

/** Links that a crawl of this host does not follow. */
const outside: readonly DemoLink[] = [
  ['http://corral.invalid/', 'Another site'],
  ['mailto:cow@corral.invalid', 'Write to us'],
  ['javascript:void(0)', 'Nothing'],
]

async function answer(
  path: string,
  hit: number,
  index: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  request.resume()
  const corner = corners.find(({ path: pattern }) =>
    pattern.endsWith('*') ? path.startsWith(pattern.slice(0, -1)) : path === pattern,
  )
  if (corner !== undefined) {
    await corner.answer(response, hit, path)
    return
  }
  const page = path === '/' ? index : pageOf(path)
  response.writeHead(page === undefined ? 404 : 200, { 'content-type': 'text/html; charset=utf-8' })
  response.end(page ?? demoHtml('Not found', 'There is no such page.'))
}

function pageOf(path: string): string | undefined {
  const match = /^\/chapter\/(\d+)\/(?:page-(\d+)\.html)?(?:\?.*)?$/.exec(path)
  if (match === null) return undefined
  const [, chapter, page] = match
  return page === undefined ? demoChapter(Number(chapter)) : demoPage(Number(chapter), Number(page))
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', () => resolve())
  })
}
