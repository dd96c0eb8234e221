import type { Duplex } from 'node:stream'
import { CancelScope, ClosedError, isCancelled, shield } from 'corral'
import { currentScope } from 'corral/lowlevel'
import { PROTOCOL } from '../protocol/envelope.ts'
import { EnvelopeSpeech } from '../protocol/envelope-speech.ts'
import { ServerSocket } from '../socket/server-socket.ts'
import type { InnerSocket, SocketFacts } from '../socket/server-socket.ts'
import type { Acceptor } from './acceptor.ts'
import { publishClosed, publishOpened } from './published.ts'

/** A connection after the 101, whatever its origin. */
export interface SessionStream {
  readonly socket: Duplex
  readonly head: Uint8Array
  /** Calls `end` when the server drains. */
  onDrain(end: () => void): Disposable
}

/**
 * A connection from the 101 to its end: the handler in a scope of its own, which is cancelled when the peer
 * disconnects; then the closing handshake. When it settles, the connection has left its rooms and its socket is closed.
 *
 * Cancellation: cancels the handler, and closes with 1001.
 */
export async function runSession<M, U>(
  acceptor: Acceptor<M, U>,
  stream: SessionStream,
  facts: SocketFacts<U>,
  onEnd: () => void,
): Promise<void> {
  const since = publishOpened(facts.name)
  const socket = new ServerSocket<M, U>(stream.socket, facts)
  const scope = new CancelScope({ name: facts.name })
  const { options, sweep, sockets, handler } = acceptor
  if (options.onDisconnect !== 'finish') {
    const onEnded = ({ code }: { readonly code: number }): void =>
      scope.cancel(`the client has gone (${code})`)
    socket.onEnded = onEnded
  }
  sockets.add(socket)
  sweep.add(socket.connection)
  const drain = stream.onDrain(() => closeWithin(socket, options.drainSpread ?? 5000))
  let info = { code: 1000, reason: '' }
  try {
    if (facts.protocol === PROTOCOL) {
      const speech = new EnvelopeSpeech(socket as unknown as InnerSocket, (room) =>
        options.rooms?.(room, facts.user),
      )
      socket.start(stream.head, speech)
      await scope.run(async () => {
        await speech.hello()
        await handler(socket)
      })
    } else {
      socket.start(stream.head)
      await scope.run(() => handler(socket))
    }
  } catch (error) {
    if (isCancelled(error)) {
      info = { code: 1001, reason: 'the server stops' }
      throw error
    }
    info = { code: 1011, reason: 'internal error' }
    // A handler that continues after the end gets errors from its calls: that is not a failure.
    if (!(socket.connection.closing && error instanceof ClosedError)) {
      acceptor.report(error, facts.name)
    }
  } finally {
    drain[Symbol.dispose]()
    socket.leaveRooms()
    socket.shut(info)
    await shield(() => socket.connection.finished())
    sweep.delete(socket.connection)
    sockets.delete(socket)
    onEnd()
    publishClosed(facts.name, since)
  }
}

/** At a random moment, so that the clients do not all reconnect at once. */
function closeWithin<M, U>(socket: ServerSocket<M, U>, spread: number): void {
  const delay = currentScope().runtime.random() * spread
  const timer = setTimeout(() => {
    socket.shut({ code: 1012, reason: 'the server restarts' })
  }, delay)
  timer.unref()
}
