import type { IncomingHttpHeaders } from 'node:http'
import { ClosedError, MisuseError, throwIfCancelled } from 'corral'
import { currentScope, suspend, isUncancelled, Waiter, wake, wakeWithError } from 'corral/lowlevel'
import type { Dispatcher } from 'undici'
import type { ConnectionUser } from '../connect/connection.ts'
import type { Lease } from '../connect/lease.ts'
import { HttpTimeoutError } from '../errors.ts'
import type { HttpPhase } from '../errors.ts'
import type { ByteSource } from './byte-source.ts'
import { Deadline } from '../deadline.ts'
import { isReplayable } from './outgoing.ts'
import type { Outgoing } from './outgoing.ts'
import type { Leniency } from '../leniency.ts'
import { networkError } from '../network-error.ts'

type DispatchBody = Exclude<Dispatcher.DispatchOptions['body'], undefined>

/** From this many bytes on that nobody has read, the socket is not read either. */
const HIGH_WATER = 64 * 1024

export interface ExchangeLimits {
  readonly headersTimeout: number
  readonly bodyTimeout: number
  readonly timeout: number
  /** When `timeout` is over, in milliseconds since the epoch. */
  readonly totalAt: number
}

export interface ResponseHead {
  readonly status: number
  readonly statusText: string
  readonly headers: IncomingHttpHeaders
}

/**
 * One request and its response on one connection. undici tells it what arrives; one reader takes it.
 *
 *   sent -> streaming -> ended               the connection goes back, or on
 *     └──────── └──────> failing -> failed   its socket is destroyed; it has closed
 *
 * Whoever waits here hears of a failure only after the socket has closed.
 */
export class Exchange implements Dispatcher.DispatchHandler, ConnectionUser, ByteSource {
  head: ResponseHead | undefined
  /** undici began to write the request: from here on the server may have seen it. */
  written = false
  /** What was put up with, when the server does not quite speak HTTP. */
  tolerated: ReadonlySet<Leniency> | undefined
  /** What its connection or its stream failed with, if that was not our own doing. */
  broken: Error | undefined
  readonly #lease: Lease
  readonly #url: string
  readonly #limits: ExchangeLimits
  readonly #deadline: Deadline
  #state: 'sent' | 'streaming' | 'ended' | 'failing' | 'failed' = 'sent'
  #failure: (() => unknown) | undefined
  #controller: Dispatcher.DispatchController | undefined
  #waiter: Waiter | undefined
  #chunks: Uint8Array[] = []
  #buffered = 0

  constructor(lease: Lease, url: string, limits: ExchangeLimits) {
    this.#lease = lease
    this.#url = url
    this.#limits = limits
    this.#deadline = new Deadline(currentScope().runtime.clock, limits.totalAt, (phaseOver) =>
      this.fail(() => this.#timeout(phaseOver)),
    )
  }

  /**
   * Sends the request and waits for status and headers.
   *
   * Cancellation: closes the socket, and throws after it has closed.
   */
  async send(request: Outgoing): Promise<ResponseHead> {
    const { url, method, headers, body } = request
    this.#deadline.phase(this.#limits.headersTimeout)
    this.#lease.connection.dispatch(
      {
        path: url.pathname + url.search,
        method,
        headers,
        body: (isReplayable(body) ? body : this.#watched(body)) as DispatchBody,
      },
      this,
    )
    while (this.head === undefined) await this.#wait('HttpSession.request')
    return this.head
  }

  async read(): Promise<Uint8Array | undefined> {
    for (;;) {
      if (!isUncancelled() && this.#state !== 'failed') await this.#cancelled()
      if (this.#buffered > 0) return this.#take()
      if (this.#state === 'ended') return undefined
      await this.#wait('HttpResponse.read')
    }
  }

  /** The whole body arrived: reading it waits for nothing. */
  get complete(): boolean {
    return this.#state === 'ended'
  }

  get over(): boolean {
    return this.#state === 'ended' && this.#buffered === 0
  }

  /** Bytes that arrived and were not read yet. */
  get buffered(): number {
    return this.#buffered
  }

  async close(): Promise<void> {
    this.#chunks = []
    this.#buffered = 0
    if (this.#state === 'ended' || this.#state === 'failed') return
    this.fail(closedByReader)
    await this.#lease.connection.gone()
  }

  /** Gives the exchange up: the socket is destroyed; when it has closed, who waits gets the error. */
  fail(error: () => unknown): void {
    if (this.#state !== 'sent' && this.#state !== 'streaming') return
    this.#state = 'failing'
    this.#failure = error
    this.#deadline.stop()
    const { connection } = this.#lease
    connection.destroy(error)
    connection.onClose(() => {
      this.#state = 'failed'
      this.#lease.release()
      if (this.#waiter !== undefined) wakeWithError(this.#waiter, error)
    })
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.written = true
    this.#controller = controller
  }

  onBodySent(): void {
    this.#deadline.phase(this.#limits.headersTimeout)
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: IncomingHttpHeaders,
    statusText = '',
  ): void {
    if (status < 200 || this.#state !== 'sent') return
    this.#state = 'streaming'
    this.head = { status, statusText, headers }
    this.#deadline.phase(this.#limits.bodyTimeout)
    this.#wake()
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Uint8Array): void {
    if (this.#state !== 'streaming') return
    this.#chunks.push(chunk)
    this.#buffered += chunk.length
    if (this.#buffered >= HIGH_WATER) {
      controller.pause()
      this.#deadline.phase(Infinity) // now it is the reader who is slow
    } else {
      this.#deadline.phase(this.#limits.bodyTimeout)
    }
    this.#wake()
  }

  onResponseEnd(): void {
    if (this.#state !== 'streaming') return
    this.#state = 'ended'
    this.#deadline.stop()
    // undici decides after this call whether the socket can serve again. Who waits for it looks later still.
    this.#lease.release()
    this.#wake()
  }

  onResponseError(_controller: Dispatcher.DispatchController | null, error: Error): void {
    this.broke(error)
  }

  broke(error: Error): void {
    const phase = this.#phase
    if (this.#state === 'sent' || this.#state === 'streaming') this.broken = error
    this.fail(() => networkError(error, phase, this.#url))
  }

  get #phase(): HttpPhase {
    return this.head === undefined ? 'headers' : 'body'
  }

  /** The stream that is sent: what it fails with is what the request fails with. */
  async *#watched(
    body: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  ): AsyncGenerator<Uint8Array> {
    try {
      yield* body
    } catch (error) {
      this.fail(() => error)
      throw error
    }
  }

  #timeout(phaseOver: boolean): HttpTimeoutError {
    const phase = this.#phase
    const limit = !phaseOver ? 'timeout' : phase === 'body' ? 'bodyTimeout' : 'headersTimeout'
    return new HttpTimeoutError(limit, this.#limits[limit], { url: this.#url, phase })
  }

  #take(): Uint8Array {
    const chunks = this.#chunks
    const taken = chunks.length === 1 ? (chunks[0] as Uint8Array) : Buffer.concat(chunks)
    const paused = this.#buffered >= HIGH_WATER
    this.#chunks = []
    this.#buffered = 0
    if (paused && this.#state === 'streaming') {
      this.#deadline.phase(this.#limits.bodyTimeout)
      this.#controller?.resume()
    }
    return taken
  }

  async #cancelled(): Promise<void> {
    await this.close()
    throwIfCancelled()
  }

  async #wait(kind: string): Promise<void> {
    if (this.#state === 'failed') throw this.#failure?.()
    if (this.#waiter !== undefined) throw twoReaders()
    const waiter = new Waiter(kind, this)
    this.#waiter = waiter
    try {
      await suspend(waiter)
    } catch (error) {
      await this.close()
      throw error
    } finally {
      this.#waiter = undefined
    }
  }

  #wake(): void {
    if (this.#waiter !== undefined) wake(this.#waiter, undefined)
  }
}

function closedByReader(): ClosedError {
  return new ClosedError('HttpResponse.body: the response was closed; read it before')
}

function twoReaders(): MisuseError {
  return new MisuseError('HttpResponse.body: it is being read already; let one task read it')
}
