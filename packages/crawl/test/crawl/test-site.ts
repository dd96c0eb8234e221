import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'

/** A request as the server saw it. */
export interface Seen {
  readonly path: string
  readonly at: number
  readonly userAgent: string | undefined
}

export interface TestSite {
  /** Without a slash at its end. */
  readonly origin: string
  readonly seen: Seen[]
  /** Requests under way, and the most there ever were at a time. */
  readonly busy: { now: number; most: number }
  hits(path: string): number
  close(): Promise<void>
}

export type Answer = (
  response: ServerResponse,
  path: string,
  hit: number,
  request: IncomingMessage,
) => unknown

/** Serves on loopback until the test has finished. What an answer leaves open stays open. */
export async function testSite(answer: Answer): Promise<TestSite> {
  const seen: Seen[] = []
  const busy = { now: 0, most: 0 }
  const hits = (path: string): number => seen.filter((each) => each.path === path).length
  const server = createServer((request, response) => {
    const path = request.url ?? ''
    seen.push({ path, at: performance.now(), userAgent: request.headers['user-agent'] })
    busy.most = Math.max(busy.most, ++busy.now)
    response.on('close', () => busy.now--)
    response.on('error', () => {})
    answer(response, path, hits(path), request)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const close = async (): Promise<void> => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
  onTestFinished(async () => {
    if (server.listening) await close()
  })
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    busy,
    hits,
    close,
  }
}

/** An HTML page with links. */
export function page(links: readonly string[], title = 'A page'): string {
  const list = links.map((href) => `<a href="${href}">x</a>`).join('\n')
  return `<!doctype html><meta charset=utf-8><title>${title}</title>${list}`
}

/** Answers with a page of links. */
export function sendPage(response: ServerResponse, links: readonly string[], title?: string): void {
  response.writeHead(200, { 'content-type': 'text/html' }).end(page(links, title))
}

/** Answers from a table of pages, 404 for the rest; no robots.txt. */
export function pages(table: Readonly<Record<string, readonly string[]>>): Answer {
  return (response, path) => {
    const links = table[path]
    response.writeHead(links === undefined ? 404 : 200, { 'content-type': 'text/html' })
    response.end(links === undefined ? '' : page(links, path))
  }
}

/** A site of `count` pages, each linking to some others; every page is reached. */
export function graph(count: number): Answer {
  return (response, path) => {
    const match = /^\/(\d+)$/.exec(path)
    const number = Number(match?.[1])
    if (match === null || number >= count) {
      response.writeHead(404).end()
      return
    }
    const targets = [
      2 * number + 1,
      2 * number + 2,
      (number * 7 + 3) % count,
      (number * 31 + 5) % count,
    ]
    response.writeHead(200, { 'content-type': 'text/html' })
    response.end(
      page(
        targets.filter((each) => each < count).map((each) => `/${each}`),
        `Page ${number}`,
      ),
    )
  }
}
