import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { ConnectionOptions } from 'node:tls'
import { Event, isCancelled, moveOnAfter, sleep } from 'corral'
import type { Internals } from './internals.ts'
import type { Submission } from './submission.ts'

/** The address of a backend, and the secret that allows us to stop it. */
export interface CancelTarget {
  readonly host: string
  readonly port: number
  /** The connection's TLS options; false without TLS. */
  readonly ssl: boolean | ConnectionOptions
  readonly processId: number
  readonly secretKey: number
}

const sslRequest = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47])

/**
 * Asks the server to stop what a backend is doing, and waits until the server has closed the socket: by then the signal
 * was sent. If the backend is idle, nothing happens.
 *
 * Cancellation: closes the socket.
 */
export async function requestCancel(target: CancelTarget): Promise<void> {
  const { host, port, ssl } = target
  const plain = connect(
    host.startsWith('/') ? { path: `${host}/.s.PGSQL.${port}` } : { host, port },
  )
  try {
    if (ssl === false) await sentAndClosed(plain, 'connect', packet(target))
    else await sentAndClosed(await secured(plain, host, ssl), 'secureConnect', packet(target))
  } finally {
    plain.destroy()
  }
}

/**
 * Repeats the request until the submission has ended. A request that arrives before the server has started it hits
 * another one, or nothing.
 *
 * @param changed set when something was answered on the connection: its turn may have come
 * @param request sends one request
 */
export async function cancelUntilEnded(
  submission: Submission,
  { host, port, ssl, processID: processId, secretKey }: Internals,
  changed: Event,
  request: typeof requestCancel,
): Promise<void> {
  for (let patience = 20; !submission.done; patience *= 2) {
    changed.clear()
    try {
      await request({ host, port, ssl, processId, secretKey })
    } catch (error) {
      if (isCancelled(error)) throw error
      await sleep(patience) // the server accepts no connections at the moment
    }
    if (!submission.done) await moveOnAfter(patience, () => changed.wait())
  }
}

/** Once the packet is out, a reset is as good as an end: the server has read it. */
async function sentAndClosed(socket: Socket, event: string, bytes: Buffer): Promise<void> {
  const closed = new Event()
  let failure: unknown = new Error('the server hung up')
  let sent = false
  socket.on('error', (error) => (failure = error)) // `close` follows
  socket.once('close', () => closed.set())
  socket.once(event, () => socket.write(bytes, () => (sent = true)))
  socket.resume()
  await closed.wait()
  if (!sent) throw failure
}

async function secured(
  plain: Socket,
  host: string,
  ssl: true | ConnectionOptions,
): Promise<Socket> {
  const told = new Event()
  let failure: unknown = new Error('the server hung up')
  let answer = ''
  plain.on('error', (error) => (failure = error)) // `close` follows
  plain.once('close', () => told.set())
  plain.once('connect', () => plain.write(sslRequest))
  plain.once('data', (data: Buffer) => {
    answer = data.toString()
    told.set()
  })
  await told.wait()
  if (answer === '') throw failure
  if (answer !== 'S') throw new Error('the server does not speak TLS')
  return connectTls({ ...(ssl === true ? {} : ssl), host, socket: plain })
}

function packet({ processId, secretKey }: CancelTarget): Buffer {
  const bytes = Buffer.alloc(16)
  bytes.writeInt32BE(16, 0)
  bytes.writeInt32BE(80_877_102, 4)
  bytes.writeInt32BE(processId, 8)
  bytes.writeInt32BE(secretKey, 12)
  return bytes
}
