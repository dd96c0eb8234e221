import { MisuseError, moveOnAfter, shield } from 'corral'
import { requireLimit } from 'corral/lowlevel'
import { HttpError } from '../errors.ts'
import type { HttpProtocol } from '../connect/carrier.ts'
import type { Leniency } from '../leniency.ts'
import type { Exchange, ResponseHead } from '../exchange/exchange.ts'
import type { ByteSource } from '../exchange/byte-source.ts'
import type { HeaderRecord } from '../exchange/outgoing.ts'
import { CappedSource } from './capped-source.ts'
import { codingsOf } from './coding.ts'
import { decodedSource, iterate } from './decode-body.ts'
import { RetriedSource } from './retried-source.ts'
import { ResponseHeaders } from './response-headers.ts'

export interface BodyOptions {
  /** Bytes that the body may have, as they come and again unpacked; more is a TOO_LARGE. */
  readonly maxBytes?: number
}

/** A redirect that was followed. */
export interface Redirect {
  readonly url: string
  readonly status: number
  readonly location: string
}

/** @internal */
export interface BodySettings {
  readonly maxBytes: number
  readonly decompress: boolean
  readonly bodyTimeout: number
  readonly tolerate: readonly Leniency[]
}

/** @internal */
export interface Received {
  readonly exchange: Exchange
  readonly head: ResponseHead
  readonly url: string
  readonly redirects: readonly Redirect[]
  readonly protocol: HttpProtocol
  readonly remoteAddress: string | undefined
  readonly requestHeaders: HeaderRecord
  /** Asks again, more leniently, when the body begins with what is no HTTP. */
  readonly again: (() => Promise<Exchange>) | undefined
}

/** How much of a body is read to its end rather than closing the connection. */
const DRAIN = 64 * 1024
const DRAIN_MS = 1000

/**
 * Status and headers of a response, and its body, which is still on its way. Read the body or close it:
 * its connection serves nobody else until the body has ended or the response was closed.
 *
 * @example
 * await using response = await session.get('https://example.org/')
 * for await (const chunk of response.body) console.log(chunk.length)
 */
export class HttpResponse implements AsyncDisposable {
  readonly status: number
  readonly statusText: string
  readonly headers: ResponseHeaders
  /** Of the last request, after redirects. */
  readonly url: string
  /** The redirects that were followed, in order. */
  readonly redirects: readonly Redirect[]
  /** What it was spoken in: `http/1.1`, or `h2` for HTTP/2. */
  readonly protocol: HttpProtocol
  /** The address that the response came from. */
  readonly remoteAddress: string | undefined
  /** The headers that it answers, in the order in which they were sent. */
  readonly requestHeaders: HeaderRecord
  #exchange: Exchange
  readonly #again: (() => Promise<Exchange>) | undefined
  readonly #settings: BodySettings
  #taken = false
  #bodyNote: string | undefined

  /** @internal */
  constructor(received: Received, settings: BodySettings) {
    const { head, exchange } = received
    this.status = head.status
    this.statusText = head.statusText
    this.headers = new ResponseHeaders(head.headers)
    this.url = received.url
    this.redirects = received.redirects
    this.protocol = received.protocol
    this.remoteAddress = received.remoteAddress
    this.requestHeaders = received.requestHeaders
    this.#exchange = exchange
    this.#again = received.again
    this.#settings = settings
  }

  /** The status is 200 to 299. */
  get ok(): boolean {
    return this.status >= 200 && this.status < 300
  }

  /** What is odd about the body, once it was read to its end: packed data that is cut off, or has something behind it. */
  get bodyNote(): string | undefined {
    const { tolerated } = this.#exchange
    if (tolerated === undefined || tolerated.size === 0) return this.#bodyNote
    const note = `not quite HTTP: ${[...tolerated].join(', ')}`
    return this.#bodyNote === undefined ? note : `${note}; ${this.#bodyNote}`
  }

  /**
   * The body, chunk by chunk, unpacked. The server is held back while you are slow. Leaving the loop
   * early closes the connection.
   *
   * Cancellation: closes the connection; the loop throws after its socket has closed.
   *
   * @throws HttpError RESET, TOO_LARGE, UNDECODABLE, PROTOCOL
   * @throws HttpTimeoutError when nothing came for `bodyTimeout`, or `timeout` is over
   */
  get body(): AsyncIterable<Uint8Array> {
    return { [Symbol.asyncIterator]: () => iterate(this.#open({})) }
  }

  /** The whole body. See `body` for cancellation and errors. */
  async bytes(options: BodyOptions = {}): Promise<Uint8Array> {
    const source = this.#open(options)
    const chunks: Uint8Array[] = []
    do {
      const chunk = await source.read()
      if (chunk === undefined) break
      chunks.push(chunk)
    } while (!source.over)
    return chunks.length === 1 ? (chunks[0] as Uint8Array) : Buffer.concat(chunks)
  }

  /** The whole body as UTF-8, without a byte order mark. See `body` for cancellation and errors. */
  async text(options: BodyOptions = {}): Promise<string> {
    return utf8.decode(await this.bytes(options))
  }

  /**
   * The whole body, parsed. See `body` for cancellation and errors.
   *
   * @throws SyntaxError when it is no JSON
   */
  async json<T = unknown>(options: BodyOptions = {}): Promise<T> {
    return JSON.parse(await this.text(options)) as T
  }

  /**
   * Reads and drops what is left of a small body, so that the connection can serve again. A body that
   * is large (64 KiB) or slow (a second) is not worth it: its connection is closed.
   *
   * Cancellation: closes the connection, and throws after its socket has closed.
   *
   * @throws HttpError when the body breaks
   */
  async drain(): Promise<void> {
    this.#taken = true
    if (this.#announced() > DRAIN) await this.#exchange.close()
    else await moveOnAfter(DRAIN_MS, () => this.#skip())
  }

  /** Closes the connection unless the body has ended; waits until the socket has closed. */
  async close(): Promise<void> {
    this.#taken = true
    // Nearly always it has been read, and there is nothing to wait for.
    if (!this.#exchange.over) await shield(() => this.#exchange.close())
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #open(options: BodyOptions): ByteSource {
    if (this.#taken) {
      throw new MisuseError(
        'HttpResponse.body: the body was read or closed before; keep what the first reading gave',
      )
    }
    const { maxBytes = this.#settings.maxBytes } = options
    requireLimit('HttpResponse: maxBytes', maxBytes, 0)
    this.#taken = true
    const { decompress } = this.#settings
    const coding = decompress ? this.headers.get('content-encoding') : undefined
    const { codings, unknown, refused } = codingsOf(coding)
    if (refused !== undefined) {
      return refusing(this.#exchange, () => this.#error('UNDECODABLE', refused))
    }
    if (unknown !== undefined) this.#bodyNote = unknown
    const tooLarge = (): HttpError =>
      this.#error('TOO_LARGE', `the body is larger than ${maxBytes} bytes`)
    const { complete, buffered } = this.#exchange
    const size = complete ? buffered : this.#announced()
    if (size > maxBytes) return refusing(this.#exchange, tooLarge)
    let source: ByteSource = this.#again === undefined ? this.#exchange : this.#retried(this.#again)
    if (maxBytes !== Infinity && !complete) source = new CappedSource(source, maxBytes, tooLarge)
    for (const coding of codings) {
      source = decodedSource(source, coding, {
        patience: this.#settings.bodyTimeout,
        undecodable: (cause) =>
          this.#error('UNDECODABLE', `the body is no ${coding}: ${cause.message}`, cause),
        tolerateCut: this.#settings.tolerate.includes('cut-data'),
        onOddity: (what) => (this.#bodyNote ??= what),
      })
      if (maxBytes !== Infinity) source = new CappedSource(source, maxBytes, tooLarge)
    }
    return source
  }

  #retried(again: () => Promise<Exchange>): ByteSource {
    const current = (): Exchange => this.#exchange
    let mayRetry = true
    const read = async (): Promise<Uint8Array | undefined> => {
      try {
        const chunk = await current().read()
        mayRetry = false
        return chunk
      } catch (error) {
        if (!mayRetry || (error as Partial<HttpError>).code !== 'PROTOCOL') throw error
        mayRetry = false
        this.#exchange = await again()
        return await read()
      }
    }
    return new RetriedSource(read, current)
  }

  /** The size that a body which is still coming is said to have. A HEAD tells that of one that never comes. */
  #announced(): number {
    return this.#exchange.complete ? 0 : Number(this.headers.get('content-length') ?? 0)
  }

  async #skip(): Promise<void> {
    let total = 0
    while (total < DRAIN) {
      const chunk = await this.#exchange.read()
      if (chunk === undefined) return
      total += chunk.length
    }
    await this.#exchange.close()
  }

  #error(code: 'TOO_LARGE' | 'UNDECODABLE', what: string, cause?: Error): HttpError {
    const { url } = this
    return new HttpError(code, `${what}: ${url}`, {
      url,
      phase: 'body',
      ...(cause === undefined ? {} : { cause }),
    })
  }
}

const utf8 = new TextDecoder()

/** A body that is not taken at all. */
function refusing(source: ByteSource, error: () => Error): ByteSource {
  return {
    async read() {
      await source.close()
      throw error()
    },
    over: false,
    close: () => source.close(),
  }
}
