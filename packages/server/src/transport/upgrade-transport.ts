import { ServerResponse } from 'node:http'
import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { NodeTransport, requestsOf } from './node-transport.ts'

/**
 * Whether a request for another protocol can take its connection: not when pipelined behind responses still to be sent.
 */
export function canUpgrade({ socket }: IncomingMessage): boolean {
  return requestsOf(socket).length === 0
}

/**
 * The request of an 'upgrade' event. Node has released its socket by then: here it gets a response object, for
 * refusals, and disconnect detection until the protocol is switched.
 */
export function upgradeTransport(
  incoming: IncomingMessage,
  socket: Socket,
  upgradeHead: Buffer,
  readerTimeout: number,
): NodeTransport | undefined {
  socket.on('error', () => {}) // 'close' reports it
  const outgoing = new ServerResponse(incoming)
  try {
    outgoing.assignSocket(socket)
  } catch {
    socket.destroy() // the last bytes of the previous response are on their way
    return undefined
  }
  outgoing.shouldKeepAlive = false
  outgoing.once('finish', () => {
    outgoing.detachSocket(socket)
    socket.destroySoon()
  })
  const transport = new NodeTransport(incoming, outgoing, { readerTimeout, upgradeHead })
  socket.once('end', () => {
    if (transport.status !== 101) socket.destroy()
  })
  socket.read(0) // an unread socket does not report its end
  return transport
}
