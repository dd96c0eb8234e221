import { connect } from 'node:net'
import type { IpcNetConnectOpts, Socket, TcpNetConnectOpts } from 'node:net'
import { shield, staggeredRace } from 'corral'
import { HomeContext } from 'corral/lowlevel'
import { calledBack } from '../called-back.ts'
import { showAddress } from './address.ts'
import type { Address, HostAddress } from './address.ts'
import { ignored } from './ignored.ts'

const outside = new HomeContext()

/** Connects to the first of these addresses that answers; the others are closed by the time it returns. */
export async function dialFirst(
  addresses: readonly HostAddress[],
  port: number,
  delay: number,
  localAddress?: string,
): Promise<Socket> {
  const connected = new Set<Socket>()
  const attempts = addresses.map(({ address, family }) => async () => {
    const socket = await dial({
      host: address,
      family,
      port,
      ...(localAddress && { localAddress }),
    })
    connected.add(socket)
    return socket
  })
  let winner: Socket | undefined
  try {
    return (winner = await staggeredRace(attempts, { delay }))
  } finally {
    // One that connects at the same moment as the winner still loses.
    for (const socket of connected) if (socket !== winner) await gone(socket)
  }
}

/**
 * Connects to one address.
 *
 * Cancellation: throws when the socket is gone.
 */
export async function dial(to: (TcpNetConnectOpts | IpcNetConnectOpts) & Address): Promise<Socket> {
  // Node's own attempts at several addresses are cut off after 250 ms each; ours continue.
  // It may live longer than the scope of this attempt, which it would keep in memory.
  const socket = outside.run(() =>
    connect({ ...to, allowHalfOpen: true, autoSelectFamily: false, noDelay: true }),
  )
  socket.on('error', ignored)
  try {
    await calledBack(`connect ${showAddress(to)}`, socket, (done, failed) => {
      socket.once('error', failed).once('connect', () => {
        socket.off('error', failed) // it would keep the wait alive as long as the connection
        done()
      })
    })
    return socket
  } catch (error) {
    await gone(socket)
    throw error
  }
}

/** Closes a socket at once, and waits for that. */
async function gone(socket: Socket): Promise<void> {
  socket.destroy()
  if (socket.closed) return
  await shield(() =>
    calledBack('connect: close', socket, (done) => socket.once('close', () => done())),
  )
}
