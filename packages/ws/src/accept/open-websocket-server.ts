import type { IncomingMessage, Server } from 'node:http'
import type { Server as SecureServer } from 'node:https'
import type { Duplex } from 'node:stream'
import { HttpProblem } from '@corral/server'
import { CancelScope, Event, isCancelled, moveOnAfter, openGroup, throwIfCancelled } from 'corral'
import type { TaskGroup } from 'corral'
import { HomeContext, requireDuration } from 'corral/lowlevel'
import { ignore } from '../socket/connection.ts'
import { refuseUpgrade } from './refuse-upgrade.ts'
import type { Acceptor, Begin } from './acceptor.ts'
import { pathOf } from './upgrade-request.ts'
import type { UpgradeRequest } from './upgrade-request.ts'

/** An acceptor for all paths, or one for each. */
export type WebSocketRoutes = AnyAcceptor | { readonly [path: string]: AnyAcceptor }

/** Whatever its messages and users are. */
export interface AnyAcceptor {
  /** @internal */
  readonly acceptor: Pick<Acceptor<never, never>, 'admit' | 'report'>
}

/**
 * Accepts WebSockets on a `node:http` or `node:https` server, no matter what else listens with it and answers its
 * requests. The connections are tasks of the scope that this is opened in; leaving the block cancels and awaits them,
 * `drain` first lets them end.
 *
 * Cancellation: closes all connections with 1001, and waits for their handlers.
 *
 * @example
 * const http = createServer(app)
 * await using sockets = openWebSocketServer(http, { '/chat': websocket(chat) })
 * http.listen(8080)
 */
export function openWebSocketServer(
  server: Server | SecureServer,
  routes: WebSocketRoutes,
): WebSocketServer {
  return new WebSocketServer(server, routes)
}

/** WebSockets on a `node:http` server. Made by `openWebSocketServer`. */
export class WebSocketServer implements AsyncDisposable {
  readonly #server: Server | SecureServer
  readonly #find: (path: string) => AnyAcceptor | undefined
  readonly #group: TaskGroup & AsyncDisposable
  readonly #home = new HomeContext()
  readonly #onUpgrade = (incoming: IncomingMessage, socket: Duplex, head: Buffer): void =>
    this.#home.run(() => this.#accept(incoming, socket, head))
  readonly #ends = new Set<() => void>()
  readonly #idle = new Event({ name: 'last connection' })
  #live = 0
  #draining = false

  /** Made by `openWebSocketServer`, not by hand. */
  constructor(server: Server | SecureServer, routes: WebSocketRoutes) {
    this.#server = server
    this.#find = 'acceptor' in routes ? () => routes as AnyAcceptor : byPath(routes)
    this.#group = openGroup({ name: 'websockets' })
    server.on('upgrade', this.#onUpgrade)
  }

  /** Open connections and pending upgrade requests. */
  get live(): number {
    return this.#live
  }

  /**
   * Shuts down gracefully: no more connections are accepted, open ones are closed with 1012, spread at random over
   * time; those left when the grace is over are cancelled. It settles when all handlers have ended.
   *
   * Cancellation: cancels the handlers and awaits them.
   *
   * @param options grace: in milliseconds. Default 30 000
   */
  async drain({ grace = 30_000 }: { readonly grace?: number } = {}): Promise<void> {
    requireDuration('WebSocketServer.drain: grace', grace)
    this.#draining = true
    for (const end of this.#ends) end()
    try {
      await moveOnAfter(grace, async () => {
        while (this.#live > 0) {
          this.#idle.clear()
          await this.#idle.wait()
        }
      })
    } finally {
      await this[Symbol.asyncDispose]()
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#draining = true
    this.#server.off('upgrade', this.#onUpgrade)
    await this.#group[Symbol.asyncDispose]()
  }

  #accept(incoming: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', ignore) // 'close' reports it
    const path = pathOf(incoming.url ?? '/')
    const found = this.#find(path)
    if (found === undefined || this.#draining) {
      refuseUpgrade(socket, new HttpProblem(found === undefined ? 404 : 503))
      return
    }
    this.#live += 1
    // A task of its own, so that nothing of the request is kept as long as the connection.
    this.#group.spawn(() => this.#admit(found, incoming, socket, head), { name: `upgrade ${path}` })
  }

  async #admit(
    found: AnyAcceptor,
    incoming: IncomingMessage,
    socket: Duplex,
    head: Buffer,
  ): Promise<void> {
    try {
      const begin = await this.#decide(found, incoming, socket)
      if (begin !== undefined) this.#begin(begin, socket, head, pathOf(incoming.url ?? '/'))
    } finally {
      this.#onEnd()
    }
  }

  #begin(begin: Begin, socket: Duplex, read: Buffer, path: string): void {
    const onDrain = (end: () => void): Disposable => this.#onDrain(end)
    const head = read.length === 0 ? NOTHING : read // an empty one keeps the bytes of the request
    this.#live += 1
    const session = async (): Promise<void> => {
      try {
        await begin({ socket, head, onDrain })
      } finally {
        this.#onEnd()
      }
    }
    this.#group.spawn(session, { name: `WS ${path}` })
  }

  #onEnd(): void {
    this.#live -= 1
    if (this.#live === 0) this.#idle.set()
  }

  /** Undefined when it was refused. A client that disconnects before the response cancels the decision. */
  async #decide(
    { acceptor }: AnyAcceptor,
    incoming: IncomingMessage,
    socket: Duplex,
  ): Promise<Begin | undefined> {
    const scope = new CancelScope({ name: 'upgrade' })
    const onClose = (): void => scope.cancel('the client has gone')
    const onEnd = (): void => void socket.destroy()
    socket.once('close', onClose).once('end', onEnd)
    socket.read(0) // an unread socket does not report its end
    try {
      return await scope.run(() => acceptor.admit(requestOf(incoming)))
    } catch (error) {
      if (isCancelled(error)) socket.destroy()
      throwIfCancelled()
      if (!(error instanceof HttpProblem)) acceptor.report(error, pathOf(incoming.url ?? '/'))
      refuseUpgrade(socket, error instanceof HttpProblem ? error : new HttpProblem(500))
      return undefined
    } finally {
      socket.off('close', onClose).off('end', onEnd)
    }
  }

  #onDrain(end: () => void): Disposable {
    if (this.#draining) end()
    return new Registration(this.#ends, end)
  }
}

const NOTHING = Buffer.alloc(0)

/** One of a set as long as it is not disposed. */
class Registration<T> implements Disposable {
  readonly #all: Set<T>
  readonly #one: T

  constructor(all: Set<T>, one: T) {
    this.#all = all.add(one)
    this.#one = one
  }

  [Symbol.dispose](): void {
    this.#all.delete(this.#one)
  }
}

function requestOf(incoming: IncomingMessage): UpgradeRequest {
  const { method = 'GET', url: target = '/', headers } = incoming
  return { method, target, headers, remoteAddress: incoming.socket.remoteAddress ?? '' }
}

function byPath(
  routes: Readonly<Record<string, AnyAcceptor>>,
): (path: string) => AnyAcceptor | undefined {
  const map = new Map(Object.entries(routes))
  return (path) => map.get(path)
}
