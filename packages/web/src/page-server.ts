import { randomBytes, timingSafeEqual } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { cancellable, currentSignal, isCancelled, sleep, taskGroup, type TaskGroup } from 'corral'
import { LoopbackNames } from './loopback-names.ts'
import { PageError } from './page-error.ts'
import type { PageServerOptions } from './page-server-options.ts'
import { readJson } from './read-json.ts'

/** Pages that may look on at a time. */
const mostPages = 20
/** Milliseconds that the last update has to reach the pages. */
const grace = 250

/**
 * Serves a page on loopback, for this machine only: who asks by another host name, or out of another site's page, is
 * refused, so that no name that changes its address and no page in the browser reads along.
 *
 * Cancellation: none; opening takes milliseconds.
 *
 * @throws PageError when the port cannot be had
 * @throws TypeError when there are calls and no token
 * @example
 * await using server = await openPageServer({ name: 'dashboard', page, state: () => ({ pages: 1 }), usualPort: 7117 })
 * group.spawn(() => server.run())
 */
export async function openPageServer(options: PageServerOptions): Promise<PageServer> {
  const { name, port = options.usualPort } = options
  if (options.calls !== undefined && options.token !== true) {
    throw new TypeError('openPageServer: calls must come with a token; set token: true')
  }
  const server = new PageServer(options)
  try {
    await server.listen(port)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (options.port !== undefined || code !== 'EADDRINUSE') {
      const reason = code === 'EADDRINUSE' ? 'is in use' : `cannot be had (${code})`
      throw new PageError(`${name}: port ${port} ${reason}; name another one`, { cause: error })
    }
    await server.listen(0)
  }
  return server
}

/** A page that is served. Made by `openPageServer`. */
export class PageServer implements AsyncDisposable {
  readonly #server: Server
  readonly #options: PageServerOptions
  readonly #path: string
  readonly #watching = new Set<ServerResponse>()
  #names = new LoopbackNames(0)
  #group: TaskGroup | undefined
  #url = ''

  /** @internal */
  constructor(options: PageServerOptions) {
    this.#options = options
    this.#path = options.token === true ? `/${randomBytes(18).toString('base64url')}/` : '/'
    this.#server = createServer((request, response) => this.#answer(request, response))
    this.#server.unref()
  }

  /** Where the page is, with its token. */
  get url(): string {
    return this.#url
  }

  /** Pages that look on. */
  get watching(): number {
    return this.#watching.size
  }

  /** @internal */
  async listen(port: number): Promise<void> {
    this.#server.listen(port, '127.0.0.1')
    await once(this.#server, 'listening', { signal: currentSignal() })
    const { port: taken } = this.#server.address() as AddressInfo
    this.#url = `http://127.0.0.1:${taken}${this.#path}`
    this.#names = new LoopbackNames(taken)
  }

  /**
   * Sends what there is to show, again and again, and answers calls: the body of a task.
   *
   * Cancellation: between two updates; calls are cancelled and awaited.
   */
  async run(): Promise<void> {
    const { interval = 500 } = this.#options
    try {
      await taskGroup(async (group) => {
        this.#group = group
        for (;;) {
          await sleep(interval)
          this.#send()
        }
      })
    } finally {
      this.#group = undefined
    }
  }

  /** Sends the last update, then closes every connection. */
  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve))
    this.#send()
    for (const response of this.#watching) response.end()
    this.#server.closeIdleConnections()
    const timer = setTimeout(() => this.#server.closeAllConnections(), grace)
    await closed
    clearTimeout(timer)
  }

  #send(): void {
    if (this.#watching.size === 0) return
    const event = eventOf(this.#options.state())
    for (const response of this.#watching) {
      // One that does not read is left alone until it does: each update has everything.
      if (!response.writableNeedDrain) response.write(event)
    }
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    response.on('error', () => {})
    const { method, url = '', headers } = request
    const acts = method !== 'GET'
    if (!this.#names.allow(headers, acts)) {
      return refuse(response, 403, 'This page is for this machine only.')
    }
    const [path = ''] = url.split('?', 1)
    const { length } = this.#path
    if (!sameText(path.slice(0, length), this.#path)) {
      return this.#options.token === true
        ? refuse(response, 403, 'The address lacks its token; the command printed the whole one.')
        : refuse(response, 404, 'There is nothing here; look at /')
    }
    const rest = path.slice(length)
    if (rest.startsWith('call/')) return this.#call(rest.slice(5), request, response)
    if (acts) return refuse(response, 405, 'There is nothing but GET here.')
    if (rest === 'events') return this.#watch(response)
    if (rest !== '') return refuse(response, 404, `There is nothing here; look at ${this.#path}`)
    response.writeHead(200, this.#options.page.headers).end(this.#options.page.html)
  }

  #watch(response: ServerResponse): void {
    if (this.#watching.size >= mostPages) return refuse(response, 503, 'Too many pages look on.')
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
    // A page whose program is over looks for the next one every two seconds.
    response.write(`retry: 2000\n\n${eventOf(this.#options.state())}`)
    this.#watching.add(response)
    response.on('close', () => this.#watching.delete(response))
  }

  #call(name: string, request: IncomingMessage, response: ServerResponse): void {
    const { calls = {} } = this.#options
    const call = Object.hasOwn(calls, name) ? calls[name] : undefined
    if (call === undefined) return refuse(response, 404, 'There is no such call.')
    if (request.method !== 'POST') return refuse(response, 405, 'Calls are made by POST.')
    if (this.#group === undefined) return refuse(response, 503, 'The page is not ready; try again.')
    const answering = this.#group.callback(async () => {
      try {
        const input = await cancellable(readJson(request))
        const answer = JSON.stringify((await call(input)) ?? null)
        response.writeHead(200, answerHeaders).end(answer)
      } catch (error) {
        refuse(response, error instanceof SyntaxError ? 400 : 500, messageOf(error))
        if (isCancelled(error)) throw error
      }
    })
    const task = answering()
    response.on('close', () => task.cancel('the page went away'))
  }
}

const answerHeaders = { 'content-type': 'application/json', 'cache-control': 'no-store' }

function messageOf(error: unknown): string {
  if (isCancelled(error)) return 'The program is ending.'
  return error instanceof Error ? error.message : String(error)
}

/** Takes as long wherever the texts differ. */
function sameText(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)]
  return a.length === b.length && timingSafeEqual(a, b)
}

function eventOf(state: object | undefined): string {
  return state === undefined
    ? ': nothing yet\n\n'
    : `event: state\ndata: ${JSON.stringify(state)}\n\n`
}

function refuse(response: ServerResponse, status: number, text: string): void {
  if (response.headersSent) return
  response
    .writeHead(status, { 'content-type': 'text/plain; charset=utf-8', connection: 'close' })
    .end(`${text}\n`)
}
