import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { currentSignal, sleep } from 'corral'
import { FailureError } from '../commands/failure-error.ts'
import { readDashboardPage } from './dashboard-page.ts'

export interface DashboardOptions {
  /** What to show: an object that becomes JSON; nothing when there is nothing to show yet. */
  readonly state: () => object | undefined
  /** The port; the usual one when left out, or a free one when that is taken. */
  readonly port?: number | undefined
}

/** The port that a page left open finds the next crawl on. */
export const usualPort = 7117

/** Milliseconds between two updates. */
const interval = 500
/** Pages that may look on at a time. */
const mostPages = 20
/** Milliseconds that the last update has to reach the pages. */
const grace = 250

/**
 * Opens a page on loopback that shows a crawl, for this machine only: who asks by another host name, or out of another site's
 * page, is refused, so that no name that changes its address and no page in the browser reads along.
 *
 * Cancellation: none; opening takes milliseconds.
 *
 * @throws FailureError when the port cannot be had
 * @example
 * await using dashboard = await openDashboard({ state: () => ({ pages: 1 }) })
 * group.spawn(() => dashboard.run())
 */
export async function openDashboard(options: DashboardOptions): Promise<Dashboard> {
  const { port = usualPort } = options
  const dashboard = new Dashboard(options.state)
  try {
    await dashboard.listen(port)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (options.port !== undefined || code !== 'EADDRINUSE') {
      const reason = code === 'EADDRINUSE' ? 'is in use' : `cannot be had (${code})`
      throw new FailureError(`dashboard: port ${port} ${reason}; name another one`, {
        cause: error,
      })
    }
    await dashboard.listen(0)
  }
  return dashboard
}

/** A page that shows a crawl. Made by `openDashboard`. */
export class Dashboard implements AsyncDisposable {
  readonly #server: Server
  readonly #page = readDashboardPage()
  readonly #state: () => object | undefined
  readonly #watching = new Set<ServerResponse>()
  #hosts: ReadonlySet<string> = new Set()
  #url = ''

  /** @internal */
  constructor(state: () => object | undefined) {
    this.#state = state
    this.#server = createServer((request, response) => this.#answer(request, response))
    this.#server.unref()
  }

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
    this.#url = `http://127.0.0.1:${taken}/`
    this.#hosts = new Set([`127.0.0.1:${taken}`, `localhost:${taken}`])
  }

  /**
   * Sends what there is to show, again and again: the body of a task.
   *
   * Cancellation: between two updates.
   */
  async run(): Promise<never> {
    for (;;) {
      await sleep(interval)
      this.#send()
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
    const event = eventOf(this.#state())
    for (const response of this.#watching) {
      // One that does not read is left alone until it does: each update has everything.
      if (!response.writableNeedDrain) response.write(event)
    }
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    response.on('error', () => {})
    const { host = '', origin } = request.headers
    const own = this.#hosts.has(host) && (origin === undefined || origin === `http://${host}`)
    if (!own) return refuse(response, 403, 'This page is for this machine only.')
    if (request.method !== 'GET') return refuse(response, 405, 'There is nothing but GET here.')
    switch (request.url?.split('?', 1)[0]) {
      case '/':
        return void response.writeHead(200, this.#page.headers).end(this.#page.html)
      case '/events':
        return this.#watch(response)
      default:
        return refuse(response, 404, 'There is nothing here; look at /')
    }
  }

  #watch(response: ServerResponse): void {
    if (this.#watching.size >= mostPages) return refuse(response, 503, 'Too many pages look on.')
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
    // A page whose crawl is over looks for the next one every two seconds.
    response.write(`retry: 2000\n\n${eventOf(this.#state())}`)
    this.#watching.add(response)
    response.on('close', () => this.#watching.delete(response))
  }
}

function eventOf(state: object | undefined): string {
  return state === undefined
    ? ': nothing yet\n\n'
    : `event: state\ndata: ${JSON.stringify(state)}\n\n`
}

function refuse(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': 'text/plain', connection: 'close' }).end(`${text}\n`)
}
