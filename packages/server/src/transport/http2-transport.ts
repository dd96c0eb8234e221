import { constants } from 'node:http2'
import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2'
import { BrokenError, Event, MisuseError, moveOnAfter, throwIfCancelled } from 'corral'
import type { ReplyHeaders, RequestHeaders, SwitchedConnection, Transport } from './transport.ts'

/** Larger chunks are split: progress is visible only when one is complete. */
const PART = 65_536

/** Headers that HTTP/2 has no use for, and forbids. */
const OF_CONNECTIONS = new Set(['connection', 'keep-alive', 'transfer-encoding', 'upgrade'])

/**
 * An HTTP/2 request: a stream of its session. The client has disconnected if it closes before the response is complete.
 */
export class Http2Transport implements Transport {
  readonly method: string
  readonly target: string
  readonly headers: RequestHeaders
  readonly remoteAddress: string
  readonly upgradable = false
  onGone: (() => void) | undefined
  gone = false
  ended = false
  status = 0
  readonly #stream: ServerHttp2Stream
  readonly #readerTimeout: number
  readonly #changed = new Event()

  constructor(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, readerTimeout: number) {
    this.#stream = stream
    this.#readerTimeout = readerTimeout
    this.method = headers[':method'] ?? 'GET'
    this.target = headers[':path'] ?? '/'
    this.remoteAddress = stream.session?.socket.remoteAddress ?? ''
    this.headers = withoutPseudo(headers)
    const changed = (): void => (this.#isReset ? this.#closed() : this.#changed.set())
    stream.on('error', () => {}) // 'close' follows
    for (const name of ['readable', 'end', 'drain', 'finish']) stream.on(name, changed)
    stream.once('close', () => this.#closed())
  }

  get headersSent(): boolean {
    return this.status > 0
  }

  /** When a stream is cancelled, reading and writing end as usual: only its code tells. */
  get #isReset(): boolean {
    return this.#stream.rstCode !== constants.NGHTTP2_NO_ERROR
  }

  #closed(): void {
    this.#changed.set()
    if (this.ended || this.gone || (this.#stream.writableEnded && !this.#isReset)) return
    this.gone = true
    this.onGone?.()
  }

  detach(): SwitchedConnection {
    throw new MisuseError('Transport.detach: a stream of HTTP/2 has no connection of its own')
  }

  async read(): Promise<Uint8Array | undefined> {
    const stream = this.#stream
    for (;;) {
      this.#changed.clear()
      const piece = stream.read() as Uint8Array | null
      if (piece !== null) {
        throwIfCancelled()
        return piece
      }
      if (stream.readableEnded && !this.#isReset) return undefined
      if (this.#isReset || stream.destroyed || stream.closed) {
        throw new BrokenError('Transport.read: the client has gone before its body was complete')
      }
      await this.#changed.wait()
    }
  }

  closeAfter(): void {
    // the session is notified separately, and serves others
  }

  head(status: number, headers: ReplyHeaders): void {
    this.status = status
    const stream = this.#stream
    if (stream.destroyed || stream.closed) return
    const fields: Record<string, string | string[] | number> = { ':status': status }
    for (const [name, value] of Object.entries(headers)) {
      if (!OF_CONNECTIONS.has(name)) fields[name] = value as string
    }
    stream.respond(fields)
  }

  async write(piece: Uint8Array | string): Promise<void> {
    const bytes = typeof piece === 'string' ? Buffer.from(piece) : piece
    for (let at = 0; at < bytes.byteLength; at += PART) {
      throwIfCancelled()
      const stream = this.#stream
      if (this.gone || stream.destroyed || stream.closed) return
      if (!stream.write(bytes.subarray(at, at + PART))) {
        await this.#progress(() => !stream.writableNeedDrain)
      }
    }
  }

  async end(piece?: Uint8Array | string): Promise<void> {
    const stream = this.#stream
    if (piece !== undefined && piece.length > PART) await this.write(piece)
    if (!this.gone && !stream.closed && !stream.destroyed) {
      if (piece === undefined || piece.length > PART) stream.end()
      else stream.end(piece)
      await this.#progress(() => stream.writableFinished)
    }
    this.ended = !this.gone
    // The rest of its body will not be read: it may stop [RFC 9113, 8.1]. Doing this at once would precede the
    // response.
    if (!stream.endAfterHeaders && !stream.readableEnded) {
      setImmediate(() => stream.close(constants.NGHTTP2_NO_ERROR))
    }
  }

  /** Waits until `done`, or until the client has disconnected; cuts off one that reads nothing for too long. */
  async #progress(done: () => boolean): Promise<void> {
    const stream = this.#stream
    while (!this.gone && !done() && !stream.destroyed) {
      const before = stream.bufferSize
      this.#changed.clear()
      const wait = await moveOnAfter(this.#readerTimeout, () => this.#changed.wait())
      if (wait.timedOut && stream.bufferSize === before) {
        this.destroy()
        this.#closed()
      }
    }
  }

  destroy(): void {
    this.#stream.close(constants.NGHTTP2_INTERNAL_ERROR)
  }
}

function withoutPseudo(headers: IncomingHttpHeaders): RequestHeaders {
  const result: Record<string, string | readonly string[] | undefined> = {}
  for (const [name, value] of Object.entries(headers)) {
    if (!name.startsWith(':')) result[name] = value
  }
  result['host'] ??= headers[':authority']
  return result
}
