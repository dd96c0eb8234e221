import { unlink } from 'node:fs/promises'
import { createServer } from 'node:net'
import type { AddressInfo, Server, Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import type { TlsOptions } from 'node:tls'
import { Event, openGroup, shield, throwIfCancelled } from 'corral'
import type { TaskGroup } from 'corral'
import {
  HomeContext,
  requireDuration,
  requireFunction,
  requireLimit,
  requireOptions,
} from 'corral/lowlevel'
import { calledBack } from '../called-back.ts'
import { requireName, requirePort } from '../guard.ts'
import { remoteOf, showAddress } from './address.ts'
import type { Address } from './address.ts'
import { Connection } from './connection.ts'
import { connect } from './connect.ts'
import { ConnectionTasks } from './connection-tasks.ts'
import type { ConnectionHandler } from './connection-tasks.ts'
import { isNearLimit } from './descriptor-limit.ts'
import { ignored } from './ignored.ts'

export interface ListenOptions {
  /** 0, the default, for any free port. */
  readonly port?: number
  /** A local address; all of them by default. */
  readonly host?: string
  /** The file of a Unix socket instead of a port; a stale one is replaced. */
  readonly path?: string
  /** Encrypts every connection: the options of `tls.createServer`. */
  readonly tls?: TlsOptions
  /** How many connections are handled at a time; others queue, unread. `Infinity` by default. */
  readonly max?: number
  /** How long connections have on `drain` before they are cancelled, in milliseconds; 30 000 by default. */
  readonly grace?: number
  /** Called for every failure of a handler, and for failures to accept; by default they are printed. */
  readonly onError?: (error: unknown) => void
}

const NOWHERE: Address = {}

/**
 * Listens, and runs `handler` in a task of its own for each connection. The tasks belong to the scope it is opened
 * in; leaving its block cancels them. A handler that fails closes its connection and no other.
 *
 * Cancellation: it stops listening, and its connections are cancelled and closed.
 *
 * @throws Error EADDRINUSE, EACCES: the system's own
 * @example
 * await using listener = await openListener(async (connection) => {
 *   for await (const line of connection.lines()) await connection.write(`${line}\n`)
 * }, { port: 0 })
 * console.log(listener.address.port)
 * @see trio.serve_tcp, asyncio.start_server
 */
export async function openListener(
  handler: ConnectionHandler,
  options: ListenOptions = {},
): Promise<Listener> {
  requireFunction('openListener: handler', handler)
  requireListen('openListener', options)
  throwIfCancelled()
  const listener = new Listener(handler, options)
  await listener.start()
  return listener
}

/** Listens for connections. Made by `openListener`. */
export class Listener implements AsyncDisposable {
  readonly #options: ListenOptions
  readonly #server: Server
  readonly #group: TaskGroup & AsyncDisposable
  readonly #tasks: ConnectionTasks
  /** Accepted sockets in their handshake. */
  readonly #sockets = new Set<Socket>()
  readonly #closed = new Event()
  #address: Address = NOWHERE
  #isOver = false

  /** @internal */
  constructor(handler: ConnectionHandler, options: ListenOptions) {
    const { max = Infinity, tls, onError = tellError } = options
    this.#options = options
    this.#group = openGroup({ name: 'listener' })
    this.#tasks = new ConnectionTasks(this.#group, handler, max, onError)
    // The task-local values of its opener, not of the first connection.
    const home = new HomeContext()
    const accept = (socket: Socket): void => home.run(() => this.#accept(socket))
    const settings = { allowHalfOpen: true, noDelay: true }
    this.#server =
      tls === undefined
        ? createServer(settings)
        : createTlsServer({ handshakeTimeout: 10_000, ...tls, noDelay: true })
    // Node accepts until nothing more can be opened, and then drops connections silently: some descriptors are kept for
    // the handlers.
    this.#server.on('connection', (socket: Socket) => {
      if (isNearLimit(socket)) dropConnection(socket)
      else if (tls === undefined) accept(socket)
      else this.#watch(socket)
    })
    if (tls !== undefined) this.#server.on('secureConnection', accept)
    this.#server.on('tlsClientError', (_error, socket: Socket) => socket.destroy())
    this.#server.once('close', () => this.#closed.set())
  }

  /** Where it listens. */
  get address(): Address {
    return this.#address
  }

  /** How many connections it has, those in line among them. */
  get live(): number {
    return this.#tasks.live
  }

  /** Set when it drains. */
  get draining(): Event {
    return this.#tasks.draining
  }

  /** @internal */
  async start(): Promise<void> {
    try {
      await this.#listen()
    } catch (error) {
      await this.#group[Symbol.asyncDispose]()
      throw error
    }
  }

  /**
   * Shuts down gracefully: no more connections are accepted, `draining` is set, and connections have `grace` to finish;
   * the rest are cancelled. It settles when all of them are closed.
   *
   * Cancellation: cancels the connections, and throws when they are closed.
   */
  async drain(): Promise<void> {
    const { grace = 30_000 } = this.#options
    this.#stopListening()
    try {
      await this.#tasks.drain(grace)
    } finally {
      await this[Symbol.asyncDispose]()
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopListening()
    try {
      await this.#group[Symbol.asyncDispose]()
    } finally {
      this.#isOver = true
      for (const socket of this.#sockets) socket.destroy() // in their handshake
      if (this.#address !== NOWHERE) await shield(() => this.#closed.wait())
    }
  }

  #stopListening(): void {
    if (this.#server.listening) this.#server.close()
  }

  /** The system has accepted it; with TLS, the handshake follows. */
  #watch(socket: Socket): void {
    this.#sockets.add(socket)
    socket.on('error', ignored)
    socket.once('close', () => this.#sockets.delete(socket))
  }

  #accept(socket: Socket): void {
    if (this.#isOver) socket.destroy()
    if (socket.destroyed) return
    socket.allowHalfOpen = true // not before TLS: an end during the handshake is final
    const name = `connection ${showAddress(remoteOf(socket))}`
    this.#tasks.accept(new Connection(socket, { accepted: true }), name)
  }

  async #listen(): Promise<void> {
    const { port = 0, host, path } = this.#options
    const where = path === undefined ? { port, ...(host !== undefined && { host }) } : { path }
    try {
      await listening(this.#server, where)
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code !== 'EADDRINUSE' || path === undefined || !(await isStale(path))) throw error
      await unlink(path)
      await listening(this.#server, where)
    }
    this.#server.on('error', this.#options.onError ?? tellError)
    const bound = this.#server.address() as AddressInfo | string
    this.#address =
      typeof bound === 'string' ? { path: bound } : { host: bound.address, port: bound.port }
  }
}

/** A Unix socket knows no reset. */
function dropConnection(socket: Socket): void {
  if (socket.remotePort === undefined) socket.destroy()
  else socket.resetAndDestroy()
}

/** Waits until it listens, or cannot. */
async function listening(
  server: Server,
  where: { readonly port: number; readonly host?: string } | { readonly path: string },
): Promise<void> {
  await calledBack(`listen ${showAddress(where)}`, server, (done, failed) => {
    server.once('error', failed)
    server.listen(where, done)
  })
  server.removeAllListeners('error')
}

/** Whether a socket file is stale: left by a process that was killed. */
async function isStale(path: string): Promise<boolean> {
  try {
    await using _connection = await connect({ path })
    return false
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ECONNREFUSED'
  }
}

function tellError(error: unknown): void {
  console.error('corral: a connection was closed since its handler failed:', error)
}

/** @throws MisuseError for invalid options */
export function requireListen(api: string, options: ListenOptions): void {
  requireOptions(api, options)
  const { port = 0, host, path, max = Infinity, grace = 0, onError } = options
  requirePort(`${api}: port`, port)
  if (host !== undefined) requireName(`${api}: host`, host)
  if (path !== undefined) requireName(`${api}: path`, path)
  requireLimit(`${api}: max`, max)
  requireDuration(`${api}: grace`, grace)
  if (onError !== undefined) requireFunction(`${api}: onError`, onError)
}
