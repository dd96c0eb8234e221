import { cancellable, moveOnAfter, Semaphore, shield, sleep, taskGroup } from 'corral'
import type {
  CrawlHeaders,
  CrawlRequest,
  CrawlResponse,
  CrawlSession,
} from '../crawl/crawl-session.ts'
import { extractMimeType, isHtml } from './mime-type.ts'
import type { RenderBrowser, RenderOptions, RenderRequest, RenderRoute } from './render-options.ts'

/** Milliseconds that a browser may take to close a page that is done with. */
const grace = 5000

/** What nobody reads of a page. */
const unseen = new Set(['image', 'media', 'font'])

/**
 * A session whose pages of HTML are what a browser makes of them, scripts and all. The browser itself asks nobody: all that it wants
 * is fetched by the session inside, which knows of addresses that are not allowed, of secrets and of limits.
 */
export class RenderingSession implements CrawlSession {
  readonly #session: CrawlSession
  readonly #browser: RenderBrowser
  readonly #settle: number
  readonly #places: Semaphore

  constructor(session: CrawlSession, { browser, pages = 4, settle = 0 }: RenderOptions) {
    this.#session = session
    this.#browser = browser
    this.#settle = settle
    this.#places = new Semaphore(pages, { name: 'pages of the browser' })
  }

  /** Cancellation: closes the page, and throws when it has closed. */
  async get(url: string, request: CrawlRequest): Promise<CrawlResponse> {
    const response = await this.#session.get(url, request)
    const { status, headers } = response
    const isGet = (request.method ?? 'GET') === 'GET'
    if (!isGet || status < 200 || status > 299 || !isPage(headers) || isRobots(url)) return response
    await using _ = response
    const source = await whole(response.body)
    using _place = await this.#places.acquire()
    return await this.#rendered(url, request, response, source)
  }

  async #rendered(
    url: string,
    request: CrawlRequest,
    response: CrawlResponse,
    source: Buffer,
  ): Promise<CrawlResponse> {
    const userAgent = request.headers['user-agent']
    const context = await cancellable(
      this.#browser.newContext({
        serviceWorkers: 'block',
        acceptDownloads: false,
        ...(userAgent === undefined ? {} : { userAgent }),
      }),
    )
    let html = ''
    let moved: string | undefined
    let isServed = false
    try {
      await taskGroup(async (group) => {
        const serve = group.callback(async (route: RenderRoute) => {
          const asked = route.request()
          if (!isMain(asked)) return await this.#serve(route, asked, request)
          if (isServed) {
            // A script that leads elsewhere is a redirect.
            moved = asked.url()
            return await route.abort()
          }
          isServed = true
          await route.fulfill({
            status: response.status,
            headers: plainHeaders(response.headers),
            body: source,
          })
        })
        const page = await cancellable(context.newPage())
        await cancellable(context.route('**/*', (route) => void serve(route)))
        await cancellable(page.goto(url, { waitUntil: 'load', timeout: 0 }))
        if (this.#settle > 0) await sleep(this.#settle)
        html = await cancellable(page.content())
        group.cancel()
      })
    } finally {
      await shield(() => moveOnAfter(grace, () => cancellable(context.close())))
    }
    return moved === undefined
      ? renderedResponse(response, response.status, {}, html)
      : renderedResponse(response, 302, { location: moved }, '')
  }

  /** What a page asks for besides itself; nothing that changes anything, and nothing that is only seen. */
  async #serve(route: RenderRoute, asked: RenderRequest, request: CrawlRequest): Promise<void> {
    if (asked.method() !== 'GET' || unseen.has(asked.resourceType())) return await route.abort()
    try {
      const { accept: _, ...headers } = request.headers
      await using response = await this.#session.get(asked.url(), {
        headers: { ...headers, accept: '*/*' },
        maxBytes: request.maxBytes,
      })
      const body = await whole(response.body)
      const { status } = response
      await route.fulfill({ status, headers: plainHeaders(response.headers), body })
    } catch {
      // A page does without what it cannot have; one that is closed asks nobody any more.
      await route.abort().catch(() => {})
    }
  }
}

function isPage(headers: CrawlHeaders): boolean {
  return isHtml(extractMimeType(headers.get('content-type')))
}

function isRobots(url: string): boolean {
  return new URL(url).pathname === '/robots.txt'
}

function isMain(request: RenderRequest): boolean {
  return request.isNavigationRequest() && request.frame().parentFrame() === null
}

async function whole(body: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  for await (const chunk of body) chunks.push(chunk)
  return Buffer.concat(chunks)
}

/** Those of a body that is unpacked and whole. */
function plainHeaders(headers: CrawlHeaders): Record<string, string> {
  const plain: Record<string, string> = {}
  for (const name of ['content-type', 'access-control-allow-origin', 'content-language']) {
    const value = headers.get(name)
    if (value !== undefined) plain[name] = value
  }
  return plain
}

function renderedResponse(
  { headers, statusText, protocol, remoteAddress, requestHeaders }: CrawlResponse,
  status: number,
  own: Readonly<Record<string, string>>,
  html: string,
): CrawlResponse {
  const said: Readonly<Record<string, string>> = {
    ...own,
    'content-type': 'text/html; charset=utf-8',
  }
  return {
    status,
    statusText,
    protocol,
    remoteAddress,
    ...(requestHeaders === undefined ? {} : { requestHeaders }),
    headers: { get: (name) => said[name.toLowerCase()] ?? headers.get(name) },
    body: one(Buffer.from(html)),
    drain: () => Promise.resolve(),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  }
}

async function* one(chunk: Uint8Array): AsyncGenerator<Uint8Array, void> {
  yield await Promise.resolve(chunk)
}
