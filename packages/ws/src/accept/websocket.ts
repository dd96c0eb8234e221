import { switchProtocols } from '@corral/server'
import type { HandlerContext, Reply } from '@corral/server'
import { requireClose } from '../frames/close-frame.ts'
import type { MessageKind, MessageKinds } from '../socket/codec.ts'
import type { ServerSocket } from '../socket/server-socket.ts'
import { Acceptor } from './acceptor.ts'
import type { WebSocketOptions } from './websocket-options.ts'

/** What `app.upgrade` and `openWebSocketServer` accept. */
export interface WebSocketAcceptor<M = string, U = undefined> {
  (
    context: Pick<HandlerContext<undefined, undefined, undefined, undefined>, 'request'>,
  ): Promise<Reply>
  /** The open connections. */
  readonly sockets: ReadonlySet<ServerSocket<M, U>>
  /**
   * Closes the connections that pass the test, such as all of one user; returns how many.
   *
   * @example
   * acceptor.closeWhere((socket) => socket.user.id === id, 4001, 'logged out')
   */
  closeWhere(test: (socket: ServerSocket<M, U>) => boolean, code?: number, reason?: string): number
  /** @internal */
  readonly acceptor: Acceptor<M, U>
}

/**
 * Accepts WebSockets: `handler` runs for each connection, as a named task. When it returns, the connection is closed
 * with 1000; when it throws, with 1011; when the client disconnects, the handler and everything it started are
 * cancelled. Pass the result to `app.upgrade` of @corral/server, or to `openWebSocketServer` for any `node:http`
 * server.
 *
 * Cancellation: cancelling the server closes with 1001; a drain closes with 1012, spread over `drainSpread`.
 *
 * @example
 * const chat = new Room<string>()
 * app.upgrade('/chat', websocket(async (socket) => {
 *   using seat = chat.join(socket)
 *   for await (const text of socket) chat.send(text, { except: socket })
 * }))
 */
export function websocket<K extends MessageKind = 'text', U = undefined>(
  handler: (socket: ServerSocket<MessageKinds[K], U>) => unknown,
  options: WebSocketOptions<K, U> = {},
): WebSocketAcceptor<MessageKinds[K], U> {
  type M = MessageKinds[K]
  const acceptor = new Acceptor<M, U>(handler, options)
  const accept = async ({
    request,
  }: {
    request: HandlerContext<undefined, undefined, undefined, undefined>['request']
  }): Promise<Reply> => {
    const { method, target, headers, remoteAddress } = request.transport
    const begin = await acceptor.admit({ method, target, headers, remoteAddress })
    return switchProtocols(begin)
  }
  const closeWhere: WebSocketAcceptor<M, U>['closeWhere'] = (test, code = 1000, reason = '') => {
    requireClose('websocket.closeWhere', code, reason)
    return acceptor.closeWhere(test, { code, reason })
  }
  return Object.assign(accept, { acceptor, closeWhere, sockets: acceptor.sockets })
}
