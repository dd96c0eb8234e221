import { connect, constants } from 'node:http2'
import type { ClientHttp2Session, ClientHttp2Stream } from 'node:http2'
import { currentScope } from 'corral/lowlevel'
import type { Connection, ConnectionUser } from '../connect/connection.ts'
import type { Lender } from '../connect/lease.ts'
import { Deadline } from '../deadline.ts'
import type { HeaderRecord } from '../exchange/outgoing.ts'
import { requestHeaders } from './h2-headers.ts'
import { H2Stream } from './h2-stream.ts'
import { StreamReset } from './stream-reset.ts'

export interface H2Options {
  /** Milliseconds that it is kept without a request at the most; 0 serves one request. */
  readonly keepAlive: number
  readonly maxHeaderBytes: number
}

/** Who is told what becomes of a connection. */
export interface H2Watcher {
  /** It has nothing to do, or has again. */
  idle(connection: Connection, isIdle: boolean): void
  /** The server wants HTTP/1.1 for this [RFC 9113 7]. */
  refused(): void
}

/** Streams that a server is taken to allow until it has said [RFC 9113 6.5.2]. */
const unsaid = 100
/** Headers of one answer. */
const maxHeaders = 2000
/** Bytes that may be on their way, of one answer and of all: one of a slow reader holds up no other. */
const window = { stream: 256 * 1024, connection: 4 * 1024 * 1024 }

/**
 * A connection of HTTP/2: many requests at a time, each on a stream of its own. Node's session speaks; a connection of ours holds
 * the socket, and has closed when it has.
 */
export class H2Connection implements Lender, ConnectionUser {
  readonly #connection: Connection
  readonly #session: ClientHttp2Session
  readonly #options: H2Options
  readonly #watcher: H2Watcher
  readonly #streams = new Set<H2Stream>()
  readonly #unused: Deadline
  #limit = unsaid
  /** Takes no more requests: the server has said that it goes away, or nobody trusts it. */
  #retired = false
  /** The last stream that the server has looked at, if it goes away. */
  #last = Infinity

  constructor(connection: Connection, options: H2Options, watcher: H2Watcher) {
    this.#connection = connection
    this.#options = options
    this.#watcher = watcher
    this.#unused = new Deadline(currentScope().runtime.clock, Infinity, () => this.destroy())
    connection.user = this
    connection.onClose(() => this.#unused.stop())
    const session = connect(connection.url.origin, {
      createConnection: () => connection.socket,
      maxHeaderListPairs: maxHeaders,
      settings: {
        enablePush: false,
        initialWindowSize: window.stream,
        // Of those that are a little too large ours is the better error.
        maxHeaderListSize: options.maxHeaderBytes * 4,
      },
    })
    this.#session = session
    session.on('connect', () => session.setLocalWindowSize(window.connection))
    session.on('remoteSettings', ({ maxConcurrentStreams = Infinity }) => {
      this.#limit = maxConcurrentStreams
    })
    session.on('goaway', (_code, last) => {
      this.#last = last
      this.retire()
    })
    session.on('error', (error) => (connection.broken ??= error))
    session.on('close', () => this.destroy())
  }

  get host(): string {
    return this.#connection.url.host
  }

  get maxHeaderBytes(): number {
    return this.#options.maxHeaderBytes
  }

  get remoteAddress(): string | undefined {
    return this.#connection.remoteAddress
  }

  get served(): number {
    return this.#connection.served
  }

  get bytesRead(): number {
    return this.#connection.socket.bytesRead
  }

  /** Why nothing can be sent on it. */
  get why(): Error {
    return this.#connection.broken ?? new StreamReset(constants.NGHTTP2_REFUSED_STREAM, true)
  }

  /** A stream for one request, if there is one. */
  tryOpen(): H2Stream | undefined {
    const { keepAlive } = this.#options
    if (this.#retired || !this.#connection.usable || this.#session.closed) return undefined
    if (this.#streams.size >= this.#limit || (keepAlive === 0 && this.served > 0)) return undefined
    const stream = new H2Stream(this)
    this.#streams.add(stream)
    if (this.#streams.size === 1) {
      this.#unused.phase(Infinity)
      this.#watcher.idle(this.#connection, false)
    }
    return stream
  }

  /** Sends the head of a request; undefined when it can not be sent. */
  request(
    { method, path }: { readonly method: string; readonly path: string },
    headers: HeaderRecord,
    endStream: boolean,
  ): ClientHttp2Stream | undefined {
    const { url, usable } = this.#connection
    if (!usable || this.#session.closed) return undefined
    this.#connection.served += 1
    return this.#session.request(requestHeaders({ method, url, path }, headers), { endStream })
  }

  /** What a stream that has closed failed with. */
  failureOf({ id, rstCode }: ClientHttp2Stream, error: NodeJS.ErrnoException | undefined): Error {
    const { broken, usable } = this.#connection
    if (id !== undefined && id > this.#last) return new StreamReset(rstCode, true)
    const isOfStream = error?.code === 'ERR_HTTP2_STREAM_ERROR'
    // Node resets the streams of a socket that has closed by CANCEL, and says nothing more.
    if (!isOfStream && (error !== undefined || !usable)) {
      return broken ?? error ?? new Error('the other side closed')
    }
    const reset = new StreamReset(rstCode, false)
    if (reset.reason === 'HTTP_1_1_REQUIRED') {
      this.#watcher.refused()
      this.retire()
    }
    return reset
  }

  giveBack(stream: H2Stream): void {
    stream.release()
  }

  /** A stream has closed. */
  closed(stream: H2Stream): void {
    if (!this.#streams.delete(stream) || this.#streams.size > 0) return
    if (this.#retired || this.#options.keepAlive === 0) {
      this.destroy()
      return
    }
    this.#unused.phase(this.#options.keepAlive)
    this.#watcher.idle(this.#connection, true)
  }

  /** Takes no more requests; closes when those under way are over. */
  retire(): void {
    this.#retired = true
    if (this.#streams.size === 0) this.destroy()
  }

  fail(error: () => unknown): void {
    for (const stream of [...this.#streams]) stream.fail(error)
  }

  broke(): void {
    this.destroy()
  }

  destroy(): void {
    this.#connection.destroy()
  }
}
