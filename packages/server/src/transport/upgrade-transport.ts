import { ServerResponse } from 'node:http'
import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { NodeTransport, requestsOf } from './node-transport.ts'

/**
 * Whether a request for another protocol can have its connection: not in a pipeline, behind answers that are still
 * to be given.
 */
export function canUpgrade({ socket }: IncomingMessage): boolean {
  return requestsOf(socket).length === 0
}

/**
 * The request of an 'upgrade' event. Node has let go of its socket by then: here it gets a response, for those who
 * refuse, and somebody who sees the client go before the protocol is another.
 */
export function upgradeTransport(
  incoming: IncomingMessage,
  socket: Socket,
  upgradeHead: Buffer,
  readerTimeout: number,
): NodeTransport | undefined {
  socket.on('error', () => {}) // 'close' tells of it
  const outgoing = new ServerResponse(incoming)
  try {
    outgoing.assignSocket(socket)
  } catch {
    socket.destroy() // the last bytes of the answer before are on their way
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
  socket.read(0) // a socket that nobody reads does not tell of its end
  return transport
}
