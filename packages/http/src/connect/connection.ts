import type { Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { Client } from 'undici'
import type { Dispatcher } from 'undici'
import { currentScope, suspend, Waiter, wake, wakeWithError } from 'corral/lowlevel'
import { Deadline } from '../deadline.ts'
import { networkError } from '../network-error.ts'
import { HttpTimeoutError } from '../errors.ts'
import type { HeaderRecord } from '../exchange/outgoing.ts'
import type { Leniency } from '../leniency.ts'
import { LenientClient } from '../lenient/lenient-client.ts'
import type { LenientHandler } from '../lenient/lenient-client.ts'
import type { Carrier, HttpProtocol } from './carrier.ts'
import { Closing } from './closing.ts'
import type { Opening } from './open-socket.ts'
import type { Proxy } from './proxy.ts'

/** How long a socket that was destroyed may take to close before nobody waits for it any more. */
const GRACE = 1000

/** The longest delay that the platform's timers take. */
const LONGEST = 2 ** 31 - 1

export interface ConnectionOptions {
  /** What answers may do; left out: what undici's parser lets them. */
  readonly tolerate?: readonly Leniency[] | undefined
  /** Milliseconds that it is kept without a request at the most; 0 serves one request. */
  readonly keepAlive: number
  readonly maxHeaderBytes: number
}

export interface ConnectLimits {
  readonly connectTimeout: number
  readonly timeout: number
  /** When `timeout` is over, in milliseconds since the epoch. */
  readonly totalAt: number
}

/** Who uses a connection. */
export interface ConnectionUser {
  /** It is taken away: whoever waits throws this. */
  fail(error: () => unknown): void
  /** It broke by itself. */
  broke(error: Error): void
}

/**
 * One socket, and undici's client on it that speaks HTTP/1.1. It serves one request at a time; so who
 * gives up a request closes its socket, and nobody else's.
 *
 *   connecting -> open -> closing -> gone
 */
export class Connection implements Carrier {
  readonly url: URL
  readonly origin: string
  /** The address at the other end, once connected. */
  remoteAddress: string | undefined
  /** Requests that were sent on it. */
  served = 0
  user: ConnectionUser | undefined
  /** Why it was closed by us. */
  failure: (() => unknown) | undefined
  /** What the socket itself broke with. */
  broken: Error | undefined
  /** The proxy that forwards its requests; one behind a tunnel is out of sight. */
  readonly forwardedBy: Proxy | undefined
  readonly #base: Socket
  readonly #options: ConnectionOptions
  readonly #isDirect: boolean
  readonly #grace: Deadline
  /** What requests are sent on, once it is open. */
  #socket: Socket | undefined
  #client: Client | LenientClient | undefined
  #state: 'connecting' | 'open' | 'closing' | 'gone' = 'connecting'
  #whenOpen: (() => void) | undefined
  readonly #closing = new Closing()

  constructor(opening: Opening, url: URL, options: ConnectionOptions, proxy?: Proxy) {
    this.url = url
    this.origin = url.origin
    this.forwardedBy = url.protocol === 'http:' && proxy?.kind === 'http' ? proxy : undefined
    this.#isDirect = proxy === undefined
    this.#base = opening.socket
    this.#options = options
    this.#grace = new Deadline(currentScope().runtime.clock, Infinity, () => this.#gone())
    opening.socket.on('error', (error) => (this.broken ??= error))
    opening.socket.on('close', () => this.#gone())
    opening.whenReady(
      (ready) => this.#opened(ready),
      (error) => {
        this.broken ??= error
        opening.socket.destroy()
      },
    )
  }

  /** What was agreed on with the server, once it is open. */
  get protocol(): HttpProtocol {
    return (this.#socket as Partial<TLSSocket> | undefined)?.alpnProtocol === 'h2'
      ? 'h2'
      : 'http/1.1'
  }

  /** What requests are sent on, once it is open: for who speaks HTTP/2 on it. */
  get socket(): Socket {
    return this.#socket ?? this.#base
  }

  get usable(): boolean {
    if (this.#options.tolerate !== undefined && this.served > 0) return false
    return this.#state === 'open' && this.#socket?.destroyed === false
  }

  /**
   * Waits until a request can be sent.
   *
   * Cancellation: destroys the socket, and throws after it has closed.
   *
   * @throws HttpError when no connection comes about
   * @throws HttpTimeoutError when it takes too long
   */
  async connected(limits: ConnectLimits): Promise<void> {
    const waiter = new Waiter('HttpSession.connect', this)
    const whenOpen = (): void => void wake(waiter, undefined)
    this.#whenOpen = whenOpen
    this.onClose(() => wakeWithError(waiter, () => this.#whyNot()))
    const { clock } = currentScope().runtime
    const deadline = new Deadline(clock, limits.totalAt, (phaseOver) =>
      this.destroy(() => this.#timeout(limits, phaseOver)),
    )
    deadline.phase(limits.connectTimeout)
    try {
      await suspend(waiter)
    } catch (error) {
      this.destroy(() => error)
      await this.gone()
      throw error
    } finally {
      deadline.stop()
    }
  }

  /** Sends a request. Its user hears of everything through the handler. */
  dispatch(options: Dispatcher.DispatchOptions, handler: LenientHandler & ConnectionUser): void {
    this.user = handler
    const { usable } = this
    this.served += 1
    if (!usable) {
      if (this.failure === undefined) handler.broke(this.broken ?? new ConnectionOver())
      else handler.fail(this.failure)
      return
    }
    this.#client ??= this.#adopt()
    const last = this.#options.keepAlive === 0
    const asked = { ...options, origin: this.origin }
    const forwarded = this.forwardedBy === undefined ? asked : this.#forwarded(asked)
    this.#client.dispatch(last ? { ...forwarded, reset: true } : forwarded, handler)
  }

  /** What goes out with such headers. */
  sentHeaders(headers: HeaderRecord): HeaderRecord {
    const { keepAlive, tolerate } = this.#options
    const connection = keepAlive === 0 || tolerate !== undefined ? 'close' : 'keep-alive'
    return { host: this.url.host, connection, ...headers }
  }

  /** Closes the socket now. What was sent and not answered fails. */
  destroy(failure?: () => unknown): void {
    if (this.#state === 'closing' || this.#state === 'gone') return
    this.#state = 'closing'
    this.failure = failure
    this.#grace.phase(GRACE)
    this.#socket?.destroy()
    this.#base.destroy()
  }

  /** Calls `then` when the socket has closed, at once if it has. */
  onClose(then: () => void): void {
    this.#closing.onClose(then)
  }

  /** Waits until the socket has closed; no cancellation shortens it, the grace does. */
  gone(): Promise<void> {
    return this.#closing.wait(this)
  }

  /** A proxy is told where to go, and who asks. */
  #forwarded(options: Dispatcher.DispatchOptions): Dispatcher.DispatchOptions {
    const authorization = this.forwardedBy?.authorization
    const path = this.origin + options.path
    if (authorization === undefined) return { ...options, path }
    const headers = { ...(options.headers as HeaderRecord), 'proxy-authorization': authorization }
    return { ...options, path, headers }
  }

  #opened(socket: Socket): void {
    if (this.#state !== 'connecting') return
    this.#state = 'open'
    this.#socket = socket
    // What is at the other end of a proxy is not known.
    if (this.#isDirect) this.remoteAddress = socket.remoteAddress
    this.#whenOpen?.()
  }

  #whyNot(): unknown {
    if (this.failure !== undefined) return this.failure()
    return networkError(this.broken ?? new ConnectionOver(), 'connect', this.url.href)
  }

  #timeout(limits: ConnectLimits, phaseOver: boolean): HttpTimeoutError {
    const limit = phaseOver ? 'connectTimeout' : 'timeout'
    return new HttpTimeoutError(limit, limits[limit], { url: this.url.href, phase: 'connect' })
  }

  #gone(): void {
    if (this.#state === 'gone') return
    this.#state = 'gone'
    this.#grace.stop()
    this.#closing.end()
  }

  /** Puts undici on the socket. It would reconnect for what is not sent: one socket is all that it gets. */
  #adopt(): Client | LenientClient {
    const { tolerate, maxHeaderBytes } = this.#options
    if (tolerate !== undefined && this.#socket !== undefined) {
      return new LenientClient(this.#socket, { tolerate, maxHeaderBytes })
    }
    const keepAlive = Math.min(Math.max(this.#options.keepAlive, 1), LONGEST)
    let socket: Socket | undefined = this.#socket
    return new Client(this.url.origin, {
      allowH2: false,
      pipelining: 1,
      headersTimeout: 0, // ours are exact to the millisecond
      bodyTimeout: 0,
      keepAliveTimeout: keepAlive,
      keepAliveMaxTimeout: keepAlive,
      maxHeaderSize: maxHeaderBytes,
      connect: (_target, callback) => {
        const only = socket
        socket = undefined
        queueMicrotask(() => {
          if (only === undefined) callback(new ConnectionOver(), null)
          else callback(null, only)
        })
      },
    })
  }
}

/** The connection closed before the request was written to it. */
export class ConnectionOver extends Error {
  constructor() {
    super('the connection closed before the request was sent')
  }

  static {
    this.prototype.name = 'ConnectionOver'
  }
}
