import { constants } from 'node:http2'
import type { ClientHttp2Stream } from 'node:http2'
import { pipeline, Readable } from 'node:stream'
import type { Dispatcher } from 'undici'
import { now } from 'corral'
import { currentScope } from 'corral/lowlevel'
import type { Carrier } from '../connect/carrier.ts'
import { Closing } from '../connect/closing.ts'
import type { ConnectionUser } from '../connect/connection.ts'
import { Deadline } from '../deadline.ts'
import type { HeaderRecord } from '../exchange/outgoing.ts'
import { HeadersOverflow } from '../lenient/response-syntax-error.ts'
import type { LenientHandler } from '../lenient/lenient-client.ts'
import type { H2Connection } from './h2-connection.ts'
import { answerHeaders, fieldsOf, sizeOf } from './h2-headers.ts'
import { StreamController } from './stream-controller.ts'
import { StreamReset } from './stream-reset.ts'

/** How long a stream that was given up may take to close before its connection is closed with it. */
const grace = 1000
/** Milliseconds without a byte after which who gives up a request blames the connection. */
const silence = 1000

/**
 * One request on a connection of HTTP/2: a stream, once it is sent. Who gives it up resets the stream, and leaves those beside it
 * alone.
 *
 *   unused -> open -> ended -> gone
 *              └────> closing ──┘
 */
export class H2Stream implements Carrier {
  readonly protocol = 'h2'
  readonly forwardedBy = undefined
  readonly connection: H2Connection
  #handler: (LenientHandler & ConnectionUser) | undefined
  #stream: ClientHttp2Stream | undefined
  #state: 'unused' | 'open' | 'ended' | 'closing' | 'gone' = 'unused'
  #error: Error | undefined
  /** Bytes that the body is to have, if that is known, and has. */
  #length = Number.NaN
  #received = 0
  #answered = false
  /** What had come over the connection, and when, as the request was sent. */
  #since = { bytes: 0, at: 0 }
  readonly #closing = new Closing()
  #grace: Deadline | undefined

  constructor(connection: H2Connection) {
    this.connection = connection
  }

  get remoteAddress(): string | undefined {
    return this.connection.remoteAddress
  }

  get served(): number {
    return this.connection.served
  }

  dispatch(options: Dispatcher.DispatchOptions, handler: LenientHandler & ConnectionUser): void {
    if (this.#state !== 'unused') {
      handler.broke(this.connection.why)
      return
    }
    this.#state = 'open'
    this.#handler = handler
    this.#since = { bytes: this.connection.bytesRead, at: now() }
    const { method, path, body } = options
    const headers = options.headers as HeaderRecord
    const stream = this.connection.request(
      { method, path },
      headers,
      body === undefined || body === null,
    )
    this.#stream = stream
    if (stream === undefined) {
      this.#gone()
      handler.broke(new StreamReset(constants.NGHTTP2_REFUSED_STREAM, true))
      return
    }
    const controller = new StreamController(stream)
    stream.on('response', (_headers, _flags, raw) => this.#answer(controller, raw, method))
    stream.on('data', (chunk: Buffer) => {
      this.#received += chunk.length
      handler.onResponseData?.(controller, chunk)
    })
    stream.on('end', () => this.#end(controller))
    // What is made of it is known when it has closed.
    stream.on('error', (error) => (this.#error = error))
    stream.on('close', () => this.#closed())
    handler.onRequestStart?.(controller, {})
    this.#send(stream, body, handler)
  }

  sentHeaders(headers: HeaderRecord): HeaderRecord {
    return { host: this.connection.host, ...fieldsOf(headers) }
  }

  /** Takes the connection away. */
  fail(error: () => unknown): void {
    if (this.#handler !== undefined) this.#handler.fail(error)
    else this.destroy()
  }

  destroy(): void {
    if (this.#state === 'unused') this.#gone()
    if (this.#state !== 'open') return
    this.#state = 'closing'
    const { bytes, at } = this.#since
    const isSilent = this.connection.bytesRead === bytes && now() - at >= silence
    if (isSilent) this.connection.retire()
    this.#reset()
  }

  /** Nobody uses it any more. */
  release(): void {
    if (this.#state === 'unused') this.#gone()
    if (this.#state !== 'ended') return
    // The server has answered without having read all of the request.
    if (this.#stream?.writableFinished === false) this.#reset()
    else this.connection.closed(this)
  }

  onClose(then: () => void): void {
    this.#closing.onClose(then)
  }

  gone(): Promise<void> {
    return this.#closing.wait(this)
  }

  #send(
    stream: ClientHttp2Stream,
    body: Dispatcher.DispatchOptions['body'],
    handler: LenientHandler,
  ): void {
    if (body === undefined || body === null) {
      handler.onBodySent()
      return
    }
    stream.once('finish', () => handler.onBodySent())
    if (typeof body === 'string' || body instanceof Uint8Array) stream.end(body)
    // That it fails is said by who watches it, or by the stream.
    else pipeline(Readable.from(body as AsyncIterable<Uint8Array>), stream, () => {})
  }

  #answer(controller: StreamController, raw: readonly string[], method: string): void {
    if (sizeOf(raw) > this.connection.maxHeaderBytes) {
      this.#handler?.broke(new HeadersOverflow())
      return
    }
    this.#answered = true
    const headers = answerHeaders(raw)
    const status = Number(raw[raw.indexOf(':status') + 1])
    if (method !== 'HEAD' && status !== 304) this.#length = Number(headers['content-length'])
    this.#handler?.onResponseStart?.(controller, status, headers, '')
  }

  /** Node says so of a stream that was cut off, too; of one that was by NO_ERROR only its length tells. */
  #end(controller: StreamController): void {
    if (this.#state !== 'open' || !this.#answered || this.#stream?.rstCode !== 0) return
    if (this.#stream.closed && this.#received < this.#length) return
    this.#state = 'ended'
    this.#handler?.onResponseEnd?.(controller, {})
  }

  #closed(): void {
    const wasOpen = this.#state === 'open'
    this.#gone()
    if (!wasOpen || this.#stream === undefined) return
    this.#handler?.broke(this.connection.failureOf(this.#stream, this.#error))
  }

  #reset(): void {
    this.#grace = new Deadline(currentScope().runtime.clock, Infinity, () => {
      this.connection.destroy()
      this.#gone()
    })
    this.#grace.phase(grace)
    this.#stream?.close(constants.NGHTTP2_CANCEL)
  }

  #gone(): void {
    if (this.#state === 'gone') return
    this.#state = 'gone'
    this.#grace?.stop()
    this.connection.closed(this)
    this.#closing.end()
  }
}
