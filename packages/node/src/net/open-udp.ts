import { createSocket } from 'node:dgram'
import type { Socket } from 'node:dgram'
import { isIPv6 } from 'node:net'
import { ClosedError, Event, Queue, shield, throwIfCancelled } from 'corral'
import { requireCount, requireOptions } from 'corral/lowlevel'
import { calledBack } from '../called-back.ts'
import { requirePort, requireWord } from '../guard.ts'
import type { Address } from './address.ts'
import { resolve } from './resolve.ts'

export interface UdpOptions {
  /** 0, the default, for any free port. */
  readonly port?: number
  /** A local address; by default all IPv4 addresses. */
  readonly host?: string
  /** How many unread datagrams are queued; 1024 by default. */
  readonly capacity?: number
  /** Which one is dropped when the queue is full: the oldest, or the one that just arrived. */
  readonly overflow?: 'dropOldest' | 'dropNewest'
}

/** A received datagram and its sender. */
export interface Datagram {
  readonly bytes: Buffer
  readonly from: { readonly host: string; readonly port: number }
}

/**
 * Opens a datagram socket. Unread datagrams are queued, up to `capacity`.
 *
 * Cancellation: closes the socket and throws.
 *
 * @throws Error EADDRINUSE, EACCES: the system's own
 * @example
 * await using socket = await openUdp({ port: 5353 })
 * for await (const { bytes, from } of socket) await socket.send(bytes, from)
 * @see trio.socket
 */
export async function openUdp(options: UdpOptions = {}): Promise<UdpSocket> {
  requireOptions('openUdp', options)
  const { port = 0, host, capacity = 1024, overflow = 'dropOldest' } = options
  requirePort('openUdp: port', port)
  requireCount('openUdp: capacity', capacity)
  requireWord('openUdp: overflow', overflow, ['dropOldest', 'dropNewest'])
  throwIfCancelled()
  const address = host === undefined ? undefined : (await resolve(host))[0]?.address
  const type = address !== undefined && isIPv6(address) ? 'udp6' : 'udp4'
  const socket = createSocket(type)
  const udp = new UdpSocket(socket, capacity, overflow)
  try {
    await calledBack('openUdp', udp, (done, failed) => {
      socket.once('error', failed)
      socket.bind({ port, ...(address !== undefined && { address }) }, done)
    })
    return udp
  } catch (error) {
    await udp.close()
    throw error
  }
}

/** A datagram socket. Made by `openUdp`. */
export class UdpSocket implements AsyncIterable<Datagram>, AsyncDisposable {
  readonly #socket: Socket
  readonly #arrived: Queue<Datagram>
  readonly #closed = new Event()
  #dropped = 0
  #isClosed = false

  /** @internal */
  constructor(socket: Socket, capacity: number, overflow: 'dropOldest' | 'dropNewest') {
    this.#socket = socket
    this.#arrived = new Queue({ capacity })
    socket.on('message', (bytes, { address, port }) => {
      const datagram = { bytes, from: { host: address, port } }
      while (!this.#arrived.closed && !this.#arrived.tryPut(datagram)) {
        this.#dropped += 1
        if (overflow === 'dropNewest') return
        this.#arrived.tryGet()
      }
    })
    socket.on('error', () => {}) // for a datagram that did not arrive: there is no caller to report to
    socket.once('close', () => this.#closed.set())
  }

  /** Where it listens. */
  get address(): Address {
    const { address, port } = this.#socket.address()
    return { host: address, port }
  }

  /** Number of unread datagrams dropped here; the system may have dropped others. */
  get dropped(): number {
    return this.#dropped
  }

  /**
   * The next one that arrives.
   *
   * Cancellation: takes none.
   *
   * @throws ClosedError
   */
  receive(): Promise<Datagram> {
    return this.#arrived.get()
  }

  /**
   * Sends one datagram; it may or may not arrive.
   *
   * Cancellation: throws `Cancelled`; it may have been sent.
   *
   * @throws Error EMSGSIZE, ENETUNREACH: the system's own
   */
  async send(
    bytes: string | Uint8Array,
    to: { readonly host: string; readonly port: number },
  ): Promise<void> {
    requirePort('UdpSocket.send: port', to.port, 1)
    if (this.#isClosed) throw new ClosedError('UdpSocket.send: it is closed; open another one')
    const [found] = await resolve(to.host)
    await calledBack('UdpSocket.send', this, (done, failed) => {
      this.#socket.send(bytes, to.port, found?.address, (error) => {
        if (error === null) done()
        else failed(error)
      })
    })
  }

  /** Closes it; pending receives get `ClosedError`. Cancellation: does not cut it short. */
  async close(): Promise<void> {
    if (!this.#isClosed) {
      this.#isClosed = true
      this.#arrived.close({ immediate: true })
      this.#socket.close()
    }
    await shield(() => this.#closed.wait())
  }

  [Symbol.asyncIterator](): AsyncIterator<Datagram> {
    return this.#arrived[Symbol.asyncIterator]()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  get [Symbol.toStringTag](): string {
    return 'UdpSocket'
  }
}
