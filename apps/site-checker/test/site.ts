import { once } from 'node:events'
import { createServer } from 'node:http'
import type { IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'

/** What a site answers: HTML, at once or after some milliseconds, or a redirect. */
type Answer =
  | string
  | { readonly html: string; readonly after: number }
  | { readonly redirect: string }

/** A small web site on loopback. */
export interface Site extends AsyncDisposable {
  readonly url: string
  /** What it answers, by path; may be changed. */
  readonly pages: Record<string, Answer>
  /** What was posted to it: bodies, and the header that tells repetitions. */
  readonly posted: { readonly key: string; readonly body: unknown }[]
  /** How often it was asked for pages. */
  asked: number
  /** Answers nothing more until what it gives is called. */
  hold(): () => void
}

/** @param onAsked hears of each path that is asked for */
export async function openSite(
  pages: Record<string, Answer>,
  onAsked: (path: string) => void = () => {},
): Promise<Site> {
  let gate = Promise.resolve()
  const server = createServer((request, response) => {
    if (request.method === 'POST') {
      void received(request).then((post) => {
        site.posted.push(post)
        response.end()
      })
      return
    }
    site.asked += 1
    onAsked(request.url ?? '/')
    void gate.then(() => {
      const answer = site.pages[request.url ?? '/']
      response.setHeader('content-type', 'text/html')
      if (answer === undefined) response.writeHead(404).end('<title>gone</title>')
      else if (typeof answer === 'string') response.end(answer)
      else if ('redirect' in answer) response.writeHead(302, { location: answer.redirect }).end()
      else setTimeout(() => response.end(answer.html), answer.after)
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const site: Site = {
    url: `http://127.0.0.1:${port}/`,
    pages,
    posted: [],
    asked: 0,
    hold() {
      const { promise, resolve } = Promise.withResolvers<void>()
      gate = promise
      return resolve
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
  return site
}

async function received(request: IncomingMessage): Promise<Site['posted'][number]> {
  const key = String(request.headers['idempotency-key'])
  return { key, body: JSON.parse(await text(request)) as unknown }
}

/** A site of many pages, each of which takes its time. */
export function slowPages(count: number, after: number): Record<string, Answer> {
  const paths = Array.from({ length: count }, (_, i) => `/page-${i}`)
  const links = paths.map((path) => `<a href=${path}>x</a>`).join('')
  const page = { html: '<title>page</title>', after }
  return { '/': `<title>home</title>${links}`, ...Object.fromEntries(paths.map((p) => [p, page])) }
}
