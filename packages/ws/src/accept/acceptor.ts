import { HttpProblem } from '@corral/server'
import { moveOnAfter } from 'corral'
import { requireDuration, requireFunction, requireLimit, requireOptions } from 'corral/lowlevel'
import type { CloseInfo } from '../frames/close-frame.ts'
import { PROTOCOL } from '../protocol/envelope.ts'
import type { MessageKind } from '../socket/codec.ts'
import { PingSweep } from '../socket/ping-sweep.ts'
import type { ServerSocket, SocketFacts } from '../socket/server-socket.ts'
import { completeLimits } from '../socket/socket-limits.ts'
import type { SocketLimits } from '../socket/socket-limits.ts'
import { ConnectionCount } from './connection-count.ts'
import { shakeHands, switching } from './handshake.ts'
import { checkOrigin } from './origin.ts'
import { runSession } from './session.ts'
import type { SessionStream } from './session.ts'
import { pathOf } from './upgrade-request.ts'
import type { UpgradeRequest } from './upgrade-request.ts'
import type { WebSocketOptions } from './websocket-options.ts'

/** A connection that was accepted: answers with 101 and runs it to its end. */
export type Begin = (stream: SessionStream) => Promise<void>

/** Accepts connections for one handler, and tracks the open ones. */
export class Acceptor<M, U> {
  readonly options: WebSocketOptions<MessageKind, U>
  readonly limits: Required<SocketLimits>
  readonly sweep: PingSweep
  readonly sockets: Set<ServerSocket<M, U>> = new Set()
  readonly handler: (socket: ServerSocket<M, U>) => unknown
  readonly #count: ConnectionCount
  readonly #protocols: readonly string[]
  #lastId = 0

  constructor(
    handler: (socket: ServerSocket<M, U>) => unknown,
    options: WebSocketOptions<MessageKind, U>,
  ) {
    requireFunction('websocket: handler', handler)
    requireOptions('websocket', options)
    const { maxConnections = Infinity, maxConnectionsPerKey = Infinity } = options
    requireLimit('websocket: maxConnections', maxConnections, 0)
    requireLimit('websocket: maxConnectionsPerKey', maxConnectionsPerKey)
    requireDuration('websocket: authorizeTimeout', options.authorizeTimeout ?? 0)
    requireDuration('websocket: drainSpread', options.drainSpread ?? 0)
    this.handler = handler
    this.options = options
    this.limits = completeLimits('websocket', options)
    this.sweep = new PingSweep(this.limits)
    this.#count = new ConnectionCount(maxConnections, maxConnectionsPerKey)
    this.#protocols = [...(options.protocols ?? []), PROTOCOL]
  }

  /**
   * Decides on a request: handshake, origin, authorisation, limits, in that order.
   *
   * @throws HttpProblem to answer with
   */
  async admit(request: UpgradeRequest): Promise<Begin> {
    const handshake = shakeHands(request, this.#protocols)
    checkOrigin(request, this.options.origins)
    const user = await this.#authorize(request)
    const key = this.options.key?.(request, user) ?? request.remoteAddress
    this.#count.requireRoom(key)
    const { target, remoteAddress } = request
    const facts: SocketFacts<U> = {
      user,
      name: `${pathOf(target)} #${(this.#lastId += 1)}`,
      target,
      remoteAddress,
      protocol: handshake.protocol,
      kind: this.options.messages ?? 'text',
      limits: this.limits,
    }
    return (stream) => {
      this.#count.enter(key)
      stream.socket.write(switching(handshake))
      return runSession(this, stream, facts, () => this.#count.leave(key))
    }
  }

  async #authorize(request: UpgradeRequest): Promise<U> {
    const { authorize, authorizeTimeout = 10_000 } = this.options
    if (authorize === undefined) return undefined as U
    const outcome = await moveOnAfter(authorizeTimeout, async () => authorize(request))
    if (outcome.timedOut) throw new HttpProblem(504)
    const user = outcome.value
    if (user === undefined || user === null || user === false) throw new HttpProblem(401)
    return user
  }

  report(error: unknown, name: string): void {
    const { onError = print } = this.options
    onError(error, name)
  }

  closeWhere(test: (socket: ServerSocket<M, U>) => boolean, info: CloseInfo): number {
    let count = 0
    for (const socket of this.sockets) {
      if (!test(socket)) continue
      count += 1
      socket.shut(info)
    }
    return count
  }
}

function print(error: unknown, name: string): void {
  console.error(`${name}:`, error)
}
