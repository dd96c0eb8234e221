import { isIP } from 'node:net'
import { basicAuthorization, HttpError, withoutCredentials } from '@corral/http'
import { currentSignal, MisuseError, moveOnAfter, shield, throwIfCancelled } from 'corral'
import { fetch, ProxyAgent, type Response } from 'undici'
import type {
  CrawlHeaders,
  CrawlRequest,
  CrawlResponse,
  CrawlSession,
} from '../crawl/crawl-session.ts'
import type { AddressGuard } from './address-guard.ts'

export interface ProxySessionOptions {
  /** URL of an HTTP proxy; user and password may stand in it. */
  readonly proxy: string
  /** What the proxy is told as Proxy-Authorization when its URL has no user and password. */
  readonly authorization?: string | undefined
  /** Connections at a time to one host. */
  readonly limitPerHost: number
  /** Asked about hosts that are addresses. Names are resolved by the proxy, out of our sight. */
  readonly allowAddress: AddressGuard
}

/** How much of a body is read to its end rather than closing the connection. */
const drained = 64 * 1024
const drainMs = 1000

/**
 * A session that asks through an HTTP proxy: plain http is forwarded, https goes through a tunnel. The proxy resolves
 * names, so what they lead to cannot be checked here; addresses in URLs are.
 *
 * Cancellation: closes the connection.
 */
export class ProxySession implements CrawlSession, AsyncDisposable {
  readonly #agent: ProxyAgent
  readonly #allowAddress: AddressGuard

  /** @throws MisuseError for what is no URL of an HTTP proxy */
  constructor({ proxy, authorization, limitPerHost, allowAddress }: ProxySessionOptions) {
    const url = URL.parse(proxy)
    if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
      throw new MisuseError(
        `crawl: proxy must be the http or https URL of a proxy, got ${JSON.stringify(withoutCredentials(proxy))}`,
      )
    }
    this.#allowAddress = allowAddress
    this.#agent = new ProxyAgent({
      uri: url.origin,
      connections: limitPerHost,
      maxHeaderSize: 32_768,
      // Deadlines are those of the crawl.
      headersTimeout: 0,
      bodyTimeout: 0,
      ...tokenOf(url, authorization),
    })
  }

  async get(url: string, { headers, maxBytes }: CrawlRequest): Promise<CrawlResponse> {
    throwIfCancelled()
    this.#check(url)
    const abort = new AbortController()
    const signal = AbortSignal.any([currentSignal(), abort.signal])
    try {
      const init = { dispatcher: this.#agent, redirect: 'manual', headers, signal } as const
      return new ProxyResponse(await fetch(url, init), url, maxBytes, abort)
    } catch (error) {
      throwIfCancelled()
      if (!isUnknownToProxy(error)) throw error
      const message = `the proxy does not let us in (407); give user and password in its URL`
      throw new HttpError('CONNECT', message, { url, phase: 'connect' })
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await shield(() => this.#agent.destroy())
  }

  #check(url: string): void {
    const { hostname, port, protocol } = new URL(url)
    const host = hostname.startsWith('[') ? hostname.slice(1, -1) : hostname
    const family = isIP(host)
    const number = port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port)
    if (family === 0 && host !== 'localhost') return
    const address = family === 0 ? '127.0.0.1' : host
    const target = { hostname: host, port: number, family: family === 6 ? 6 : 4 } as const
    if (this.#allowAddress(address, target)) return
    const message = `the address is not allowed: ${url}`
    throw new HttpError('ADDRESS_REFUSED', message, { url, phase: 'connect' })
  }
}

/** What undici makes of a 407. */
function isUnknownToProxy(error: unknown): boolean {
  const { cause } = error as { cause?: unknown }
  return cause instanceof Error && /proxy auth|\b407\b/i.test(cause.message)
}

function tokenOf(url: URL, authorization: string | undefined): { token?: string } {
  const token = basicAuthorization(url) ?? authorization
  return token === undefined ? {} : { token }
}

class ProxyResponse implements CrawlResponse {
  readonly status: number
  readonly statusText: string
  readonly headers: CrawlHeaders
  readonly #response: Response
  readonly #url: string
  readonly #maxBytes: number
  readonly #abort: AbortController
  #over = false

  constructor(response: Response, url: string, maxBytes: number, abort: AbortController) {
    const { headers } = response
    this.status = response.status
    this.statusText = response.statusText
    this.headers = {
      get: (name) => headers.get(name) ?? undefined,
      getAll: (name) =>
        name === 'set-cookie' ? headers.getSetCookie() : [headers.get(name) ?? []].flat(),
      [Symbol.iterator]: () => headers.entries(),
    }
    this.#response = response
    this.#url = url
    this.#maxBytes = maxBytes
    this.#abort = abort
  }

  get body(): AsyncIterable<Uint8Array> {
    return this.#read()
  }

  async drain(): Promise<void> {
    let left = drained
    await moveOnAfter(drainMs, async () => {
      for await (const chunk of this.#read()) {
        left -= chunk.length
        if (left < 0) break
      }
    })
  }

  [Symbol.asyncDispose](): Promise<void> {
    if (!this.#over) this.#abort.abort()
    return Promise.resolve()
  }

  async *#read(): AsyncGenerator<Uint8Array, void, undefined> {
    let size = 0
    try {
      for await (const chunk of this.#response.body ?? []) {
        size += chunk.length
        if (size > this.#maxBytes) throw this.#tooLarge()
        yield chunk
      }
      this.#over = true
    } catch (error) {
      throwIfCancelled()
      throw error
    }
  }

  #tooLarge(): HttpError {
    const message = `the body is larger than ${this.#maxBytes} bytes: ${this.#url}`
    return new HttpError('TOO_LARGE', message, { url: this.#url, phase: 'body' })
  }
}
