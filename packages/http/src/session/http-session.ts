import { now, shield, throwIfCancelled } from 'corral'
import { requireCount, requireDuration, requireLimit } from 'corral/lowlevel'
import { ConnectionPool } from '../connect/connection-pool.ts'
import { notLetThrough } from '../connect/open-tunnel.ts'
import type { HttpError } from '../errors.ts'
import { Exchange } from '../exchange/exchange.ts'
import type { ResponseHead } from '../exchange/exchange.ts'
import { isIdempotent, isReplayable } from '../exchange/outgoing.ts'
import type { Outgoing } from '../exchange/outgoing.ts'
import { isOfSyntax } from '../leniency.ts'
import { StreamReset } from '../http2/stream-reset.ts'
import { HttpResponse } from '../response/http-response.ts'
import type { Redirect } from '../response/http-response.ts'
import { defaultHeaders, makeRequest } from './make-request.ts'
import { PreparedOptions } from './prepared-options.ts'
import { cannotFollow, redirected } from './redirect.ts'
import { noOptions, settingsOf } from '../options.ts'
import { Propagation } from '../services/propagation.ts'
import { published } from './published.ts'
import { withRetries } from './with-retries.ts'
import type { AttemptSettings, HttpSessionOptions, RequestOptions, Settings } from '../options.ts'

/** How often a request is sent again that a server of HTTP/2 refuses. */
const mostRefusals = 3

/**
 * A client for HTTP/1.1, and for HTTP/2 where that is asked for, with its connections. At most `limit` requests are under way at a time, at most
 * `limitPerHost` to one host; the others wait in line, first come first served.
 *
 * Cancellation: a request that is cancelled, in whatever phase, throws after its socket has closed; one of HTTP/2 after its
 * stream was reset, which leaves those beside it alone.
 *
 * @example
 * await using session = new HttpSession({ limitPerHost: 8 })
 * await using response = await session.get('https://example.org/')
 * console.log(response.status, await response.text())
 * @see aiohttp.ClientSession
 */
export class HttpSession implements AsyncDisposable {
  readonly #pool: ConnectionPool
  readonly #prepared: PreparedOptions
  readonly #propagation: Propagation | undefined
  /** Origins of servers that do not quite speak HTTP. */
  readonly #sloppy = new Set<string>()

  /** @throws MisuseError for an option out of range */
  constructor(options: HttpSessionOptions = {}) {
    const {
      limit = 100,
      limitPerHost = Infinity,
      keepAlive = 15_000,
      maxConnections = limit,
      maxHeaderBytes = 32_768,
    } = options
    requireLimit('HttpSession: limit', limit)
    requireLimit('HttpSession: limitPerHost', limitPerHost)
    requireLimit('HttpSession: maxConnections', maxConnections, limit)
    requireDuration('HttpSession: keepAlive', keepAlive)
    requireCount('HttpSession: maxHeaderBytes', maxHeaderBytes)
    const settings = settingsOf('HttpSession', options)
    const { propagate, trace } = options
    if (propagate !== undefined) this.#propagation = new Propagation(propagate, trace)
    this.#prepared = new PreparedOptions(settings, defaultHeaders(options.headers ?? {}))
    this.#pool = new ConnectionPool({
      limit,
      limitPerHost,
      maxConnections,
      keepAlive,
      maxHeaderBytes,
      connect: options.connect ?? {},
      http2: options.http2 ?? false,
    })
  }

  /** `request` with the method GET. */
  get(url: string | URL, options: RequestOptions = noOptions): Promise<HttpResponse> {
    return this.request(url, options)
  }

  /**
   * Sends a request and waits for status and headers; the body follows as it is read. A status is no error.
   *
   * A request to which a kept connection breaks before any answer is sent again, once, on a new one, if
   * it never went out or sending it twice is as good as once. A server of HTTP/2 that refuses one, or goes away before
   * it has looked at it, is asked again at once, up to three times, on another connection if need be.
   *
   * Cancellation: leaves the line, or closes the socket and throws after it has closed.
   *
   * @throws HttpError see `HttpErrorCode`
   * @throws HttpTimeoutError tells the phase and the limit
   * @throws ClosedError when the session is closed, also meanwhile
   */
  async request(url: string | URL, options: RequestOptions = noOptions): Promise<HttpResponse> {
    const { settings, headers } = this.#prepared.of(options)
    const request = makeRequest(url, options, headers)
    const { retry } = settings
    return published(request, () =>
      retry === undefined
        ? this.#attempt(request, settings)
        : withRetries(request, retry, () => this.#attempt(request, settings)),
    )
  }

  /** Connections that are open, idle ones and those still connecting or closing included. */
  get connections(): number {
    return this.#pool.size
  }

  /** Cancels what is under way (it throws `ClosedError`) and closes every connection; waits for it. */
  async close(): Promise<void> {
    await shield(() => this.#pool.close())
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #attempt(request: Outgoing, settings: Settings): Promise<HttpResponse> {
    const attempt: AttemptSettings = { ...settings, totalAt: now() + settings.timeout }
    if (settings.redirect === 'manual') return this.#send(request, attempt, [])
    return this.#follow(request, attempt)
  }

  async #follow(first: Outgoing, attempt: AttemptSettings): Promise<HttpResponse> {
    const redirects: Redirect[] = []
    for (let request = first; ;) {
      const response = await this.#send(request, attempt, redirects)
      const next = await this.#next(request, response, redirects, attempt)
      if (next === undefined) return response
      request = next
    }
  }

  async #send(
    request: Outgoing,
    attempt: AttemptSettings,
    redirects: readonly Redirect[],
  ): Promise<HttpResponse> {
    throwIfCancelled()
    const { url } = request
    const isTolerant = attempt.tolerate.some(isOfSyntax) && mayRepeat(request, true)
    let tolerate = isTolerant && this.#sloppy.has(url.origin) ? attempt.tolerate : undefined
    for (let tries = 0; ; tries++) {
      const fresh = tries > 0
      const idle = fresh || tolerate !== undefined ? undefined : this.#pool.tryLease(url.origin)
      const lease = idle ?? (await this.#pool.lease(url, attempt, fresh, tolerate))
      const kept = lease.connection.served > 0
      const exchange = new Exchange(lease, url.href, attempt)
      const isLast = !isTolerant || tolerate !== undefined
      try {
        const head = await exchange.send(this.#propagation?.of(request) ?? request)
        const { remoteAddress, forwardedBy, protocol } = lease.connection
        if (head.status === 407 && forwardedBy !== undefined) {
          await exchange.close()
          const refusal = notLetThrough(head.status, url.href)
          this.#pool.refusedBy(forwardedBy, refusal)
          throw refusal
        }
        if (isLast || !contradictsItself(head)) {
          const again = isLast ? undefined : () => this.#sendToSloppy(request, attempt)
          const requestHeaders = lease.connection.sentHeaders(request.headers)
          return new HttpResponse(
            {
              exchange,
              head,
              url: url.href,
              redirects,
              protocol,
              remoteAddress,
              requestHeaders,
              again,
            },
            attempt,
          )
        }
        await exchange.close()
      } catch (error) {
        if (isLast || !isSyntax(error)) {
          if (!isWorthMore(request, exchange, kept, tries)) throw error
          continue
        }
      }
      this.#remember(url.origin)
      tolerate = attempt.tolerate
    }
  }

  /** Asks again for a body that began with what is no HTTP. */
  async #sendToSloppy(request: Outgoing, attempt: AttemptSettings): Promise<Exchange> {
    this.#remember(request.url.origin)
    const lease = await this.#pool.lease(request.url, attempt, true, attempt.tolerate)
    const exchange = new Exchange(lease, request.url.href, attempt)
    await exchange.send(request)
    return exchange
  }

  #remember(origin: string): void {
    this.#sloppy.add(origin)
    const [oldest] = this.#sloppy
    if (this.#sloppy.size > 1000 && oldest !== undefined) this.#sloppy.delete(oldest)
  }

  async #next(
    request: Outgoing,
    response: HttpResponse,
    redirects: Redirect[],
    { maxRedirects }: Settings,
  ): Promise<Outgoing | undefined> {
    try {
      const next = redirected(request, response)
      if (next === undefined) return undefined
      if (redirects.length >= maxRedirects) {
        throw cannotFollow(request, `it would be more than ${maxRedirects} in a row`)
      }
      const location = response.headers.get('location') ?? ''
      redirects.push({ url: request.url.href, status: response.status, location })
      await response.drain()
      return next
    } catch (error) {
      await response.close()
      throw error
    }
  }
}

/** Whether what a request failed with was none of its own, and it may be sent again. */
function isWorthMore(
  request: Outgoing,
  { broken, written }: Exchange,
  kept: boolean,
  tries: number,
): boolean {
  if (broken instanceof StreamReset) {
    return broken.refused && tries < mostRefusals && mayRepeat(request, false)
  }
  return kept && broken !== undefined && tries === 0 && mayRepeat(request, written)
}

function mayRepeat({ method, body }: Outgoing, written: boolean): boolean {
  return isReplayable(body) && (!written || isIdempotent(method))
}

/** What undici's parser would let pass, and get wrong. */
function contradictsItself({ headers }: ResponseHead): boolean {
  const length = headers['content-length'] as string | string[] | undefined
  return Array.isArray(length) || length?.includes(',') === true
}

function isSyntax(error: unknown): boolean {
  return (error as Partial<HttpError>).code === 'PROTOCOL'
}
