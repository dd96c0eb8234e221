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
  /** 0, which is the default, for any that is free. */
  readonly port?: number
  /** An address of this machine; all of them, of IPv4, unless given. */
  readonly host?: string
  /** How many datagrams wait for a reader; 1024 unless given. */
  readonly capacity?: number
  /** Which one is dropped when there are more: the one that waited longest, or the one that has just come. */
  readonly overflow?: 'dropOldest' | 'dropNewest'
}

/** What has come, and from whom. */
export interface Datagram {
  readonly bytes: Buffer
  readonly from: { readonly host: string; readonly port: number }
}

/**
 * Opens a socket for datagrams. What nobody reads waits, up to `capacity`.
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

/** A socket for datagrams. `openUdp` makes one. */
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
    socket.on('error', () => {}) // of a datagram that did not arrive: nobody is owed an answer
    socket.once('close', () => this.#closed.set())
  }

  /** Where it listens. */
  get address(): Address {
    const { address, port } = this.#socket.address()
    return { host: address, port }
  }

  /** How many datagrams were dropped since nobody read them; the system may have dropped others. */
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
   * Sends one; that says nothing about its arrival.
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

  /** Closes it; who waits for a datagram gets `ClosedError`. Cancellation: does not cut it short. */
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
