import { requireFunction } from 'corral/lowlevel'
import { HttpProblem } from '../errors.ts'
import type { SwitchedConnection, Transport } from '../transport/transport.ts'
import { Reply } from './reply.ts'
import type { OnDrain } from './send.ts'

export interface ProtocolSession extends SwitchedConnection {
  /** Calls `end` when the server drains: notify the peer, and end within the server's grace. */
  onDrain(end: () => void): Disposable
}

/** The 101 response: from now on `session` owns the connection. */
export class SwitchReply extends Reply {
  readonly #session: (session: ProtocolSession) => PromiseLike<void>

  constructor(session: (session: ProtocolSession) => PromiseLike<void>) {
    super(101, {}, undefined)
    this.#session = session
  }

  /** Its headers are up to the session. */
  override with(): this {
    return this
  }

  /** Runs the session to its end, and closes the connection. */
  async run(transport: Transport, onDrain: OnDrain): Promise<void> {
    if (!transport.upgradable) throw new HttpProblem(426, { headers: { connection: 'close' } })
    const connection = transport.detach()
    try {
      await this.#session({ ...connection, onDrain })
    } finally {
      transport.destroy()
    }
  }
}

/**
 * The reply of an acceptor that takes the connection over. `session` gets the bare socket, writes the 101 itself, as
 * the libraries of other protocols do, and watches the peer; by the time its promise settles, everything it wrote must
 * have been sent: the socket is then destroyed. The route's deadline and limits do not apply to it.
 *
 * Cancellation: by the server, when the grace of a drain is over, but not when the peer disconnects.
 *
 * @example
 * app.upgrade('/echo', () =>
 *   switchProtocols(async ({ socket }) => {
 *     socket.write('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: echo\r\n\r\n')
 *     await cancellable(pipeline(socket, socket, { signal: currentSignal() }))
 *   }),
 * )
 */
export function switchProtocols(session: (session: ProtocolSession) => PromiseLike<void>): Reply {
  requireFunction('switchProtocols: session', session)
  return new SwitchReply(session)
}
