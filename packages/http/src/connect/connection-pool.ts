import { ClosedError, moveOnAfter, now, throwIfCancelled } from 'corral'
import { HomeContext } from 'corral/lowlevel'
import { HttpTimeoutError } from '../errors.ts'
import type { Leniency } from '../leniency.ts'
import { networkError } from '../network-error.ts'
import { H2Connections } from '../http2/h2-connections.ts'
import { H2Stream } from '../http2/h2-stream.ts'
import type { HttpProtocol } from './carrier.ts'
import { Connection } from './connection.ts'
import type { ConnectionOptions, ConnectLimits } from './connection.ts'
import type { ConnectOptions } from './connect-options.ts'
import { Lease } from './lease.ts'
import type { Lender } from './lease.ts'
import { openSocket } from './open-socket.ts'
import { parseProxy } from './proxy.ts'
import type { Proxy } from './proxy.ts'
import { ProxyPool } from './proxy-pool.ts'
import { ConnectionLimiter } from './connection-limiter.ts'
import { TlsSessions } from './tls-sessions.ts'

export interface PoolOptions extends ConnectionOptions {
  readonly limit: number
  readonly limitPerHost: number
  readonly maxConnections: number
  readonly connect: ConnectOptions
  /** Offer HTTP/2 to hosts of https. */
  readonly http2?: boolean
}

/**
 * The connections of a session. There are never more than `maxConnections`, idle ones included: when a new one
 * would be too many, the one that has been idle for longest is closed.
 */
export class ConnectionPool implements Lender<Connection> {
  readonly #options: PoolOptions
  readonly #proxies: ProxyPool
  readonly #limiter: ConnectionLimiter
  readonly #sessions = new TlsSessions()
  /** Sockets are opened in the context that the session was opened in, whoever asks for them. */
  readonly #home = new HomeContext()
  readonly #connections = new Set<Connection>()
  /** Idle ones, the oldest first; and again by origin, the newest last. */
  readonly #idle = new Set<Connection>()
  readonly #idleOf = new Map<string, Connection[]>()
  readonly #h2: H2Connections | undefined
  #closed = false

  constructor(options: PoolOptions) {
    this.#options = options
    const { proxy, proxyAuthorization } = options.connect
    this.#proxies = new ProxyPool(
      [proxy ?? []].flat().map((each) => parseProxy(each, proxyAuthorization)),
    )
    this.#limiter = new ConnectionLimiter(options.limit, options.limitPerHost)
    if (options.http2 === true) {
      this.#h2 = new H2Connections(options, (connection, isIdle) => {
        if (isIdle) this.#idle.add(connection)
        else this.#idle.delete(connection)
      })
    }
  }

  /** What can carry a request and a place, if both are there at once and nobody waits for them. */
  tryLease(origin: string): Lease | undefined {
    if (this.#closed || (this.#h2 === undefined && !this.#idleOf.has(origin))) return undefined
    const slot = this.#limiter.tryEnter(origin)
    if (slot === undefined) return undefined
    const connection = this.#takeIdle(origin)
    if (connection !== undefined) return new Lease(connection, slot, this)
    const stream = this.#h2?.tryOpen(origin)
    if (stream !== undefined) return new Lease(stream, slot, stream.connection)
    slot[Symbol.dispose]()
    return undefined
  }

  /**
   * A connection that a request can be sent on: waits for a free place, then takes an idle connection
   * or opens one.
   *
   * Cancellation: leaves the line, or closes the socket that was connecting and throws after it has closed.
   *
   * @param fresh leave the idle connections alone: they may be stale
   * @param tolerate for a connection of its own, to a server that does not quite speak HTTP
   */
  async lease(
    url: URL,
    limits: ConnectLimits,
    fresh = false,
    tolerate?: readonly Leniency[],
  ): Promise<Lease> {
    if (this.#closed) throw closedError()
    const { origin } = url
    const slot = this.#limiter.tryEnter(origin) ?? (await this.#queue(url, limits))
    try {
      throwIfCancelled()
      const idle = fresh || tolerate !== undefined ? undefined : this.#takeIdle(origin)
      if (idle !== undefined) return new Lease(idle, slot, this)
      if (tolerate === undefined && this.#h2?.isOffered(url) === true) {
        return await this.#share(this.#h2, url, limits, slot)
      }
      return new Lease(await this.#open(url, limits, tolerate), slot, this)
    } catch (error) {
      slot[Symbol.dispose]()
      throw error
    }
  }

  /** For leases: keeps the connection for the next request, if it can serve one. */
  giveBack(connection: Connection): void {
    connection.user = undefined
    if (this.#closed || !connection.usable) {
      connection.destroy()
      return
    }
    this.#idle.add(connection)
    const stack = this.#idleOf.get(connection.origin)
    if (stack === undefined) this.#idleOf.set(connection.origin, [connection])
    else stack.push(connection)
  }

  /** A proxy has answered in place of the host. */
  refusedBy(proxy: Proxy, error: unknown): void {
    this.#proxies.failed(proxy, error)
  }

  /** Closes every connection, and waits until their sockets have closed. */
  async close(): Promise<void> {
    this.#closed = true
    this.#limiter.close()
    const connections = [...this.#connections]
    for (const connection of connections) {
      connection.user?.fail(closedError)
      connection.destroy(closedError)
    }
    for (const connection of connections) await connection.gone()
  }

  get size(): number {
    return this.#connections.size
  }

  async #queue(url: URL, limits: ConnectLimits): Promise<Disposable> {
    try {
      const place = await moveOnAfter(limits.totalAt - now(), () => this.#limiter.enter(url.origin))
      if (!place.timedOut) return place.value
    } catch (error) {
      throw error instanceof ClosedError ? closedError() : error
    }
    throw new HttpTimeoutError('timeout', limits.timeout, { url: url.href, phase: 'queue' })
  }

  /** A stream of a connection that others use as well, or a connection to a host that turns out not to speak HTTP/2. */
  async #share(
    h2: H2Connections,
    url: URL,
    limits: ConnectLimits,
    slot: Disposable,
  ): Promise<Lease> {
    const found = await h2.share(url, limits)
    if (found instanceof H2Stream) return new Lease(found, slot, found.connection)
    using _ = found.turn
    const connection = await this.#open(url, limits, undefined, ['h2', 'http/1.1'])
    const stream = this.#home.run(() => h2.adopt(connection))
    if (stream !== undefined) return new Lease(stream, slot, stream.connection)
    return new Lease(connection, slot, this)
  }

  async #open(
    url: URL,
    limits: ConnectLimits,
    tolerate: readonly Leniency[] | undefined,
    protocols?: readonly HttpProtocol[],
  ): Promise<Connection> {
    if (this.#closed) throw closedError()
    this.#makeRoom()
    const proxy = this.#proxies.pick()
    const connection = this.#start(url, tolerate, proxy, protocols)
    this.#connections.add(connection)
    connection.onClose(() => this.#forget(connection))
    try {
      await connection.connected(limits)
    } catch (error) {
      if (proxy !== undefined) this.#proxies.failed(proxy, error)
      throw error
    }
    if (proxy !== undefined) this.#proxies.succeeded(proxy)
    return connection
  }

  #start(
    url: URL,
    tolerate: readonly Leniency[] | undefined,
    proxy: Proxy | undefined,
    protocols: readonly HttpProtocol[] | undefined,
  ): Connection {
    try {
      return this.#home.run(() => {
        const opening = openSocket(url, this.#options.connect, this.#sessions, proxy, protocols)
        return new Connection(opening, url, { ...this.#options, tolerate }, proxy)
      })
    } catch (error) {
      throw networkError(error, 'connect', url.href)
    }
  }

  #makeRoom(): void {
    if (this.#connections.size < this.#options.maxConnections) return
    const [oldest] = this.#idle
    if (oldest === undefined) return
    this.#removeIdle(oldest)
    oldest.destroy()
  }

  #takeIdle(origin: string): Connection | undefined {
    const stack = this.#idleOf.get(origin)
    for (;;) {
      const connection = stack?.pop()
      if (stack?.length === 0) this.#idleOf.delete(origin)
      if (connection === undefined) return undefined
      this.#idle.delete(connection)
      if (connection.usable) return connection
    }
  }

  #forget(connection: Connection): void {
    this.#connections.delete(connection)
    if (this.#idle.has(connection)) this.#removeIdle(connection)
  }

  #removeIdle(connection: Connection): void {
    const { origin } = connection
    this.#idle.delete(connection)
    const stack = this.#idleOf.get(origin)
    if (stack === undefined) return
    const index = stack.indexOf(connection)
    if (index >= 0) stack.splice(index, 1)
    if (stack.length === 0) this.#idleOf.delete(origin)
  }
}

/** What whoever uses a closed session gets. */
export function closedError(): ClosedError {
  return new ClosedError('HttpSession.request: the session is closed; open a new one')
}
