import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { BrokenError, ClosedError, isCancelled, moveOnAfter, shield } from 'corral'
import {
  isUncancelled,
  ready,
  requireDuration,
  suspend,
  Waiter,
  WaitQueue,
  wakeAll,
} from 'corral/lowlevel'
import { ByteReader } from '../bytes/byte-reader.ts'
import type { LineOptions } from '../bytes/line-splitter.ts'
import { ignored } from './ignored.ts'
import { localOf, remoteOf, showAddress } from './address.ts'
import type { Address } from './address.ts'
import { tlsInfoOf, upgrade } from './tls.ts'
import type { TlsInfo, TlsSettings } from './tls.ts'

export interface CloseOptions {
  /** How long sending what was written may take, in milliseconds; 5000 by default. Then the connection is reset. */
  readonly grace?: number
}

/**
 * A bidirectional byte stream: a TCP connection or a Unix socket, with or without TLS. The two directions end
 * independently. `connect` makes one, and a listener passes one to its handler; `await using` closes it.
 *
 *   we closed it       ClosedError, whatever is done with it then
 *   it broke           BrokenError: the other side reset it, or a write of ours was cancelled half-way
 *   the end of theirs  undefined from `read`; we can go on writing
 *
 * Cancellation: a cancelled read throws `Cancelled` and loses no bytes.
 *
 * @example
 * await using connection = await connect({ host: 'localhost', port: 6379 })
 * await connection.write('PING\r\n')
 * console.log(String(await connection.readUntil('\r\n')))
 * @see trio.SocketStream, asyncio's streams
 */
export class Connection implements AsyncIterable<Buffer>, AsyncDisposable {
  readonly #accepted: boolean
  #line: WaitQueue | undefined
  #callback: (() => void) | undefined
  #socket: Duplex
  #reader: ByteReader
  /** Bytes passed to the socket. */
  #sent = 0
  #closed = false
  #broken: BrokenError | undefined
  /** Reading is over too: closed, or broken by us. */
  #isOver = false
  #closing: Promise<void> | undefined

  /**
   * @param socket a duplex byte stream with `allowHalfOpen` that nothing else uses
   * @param accepted whether the other side opened it: then `startTls` acts as a server
   */
  constructor(socket: Duplex, { accepted = false }: { readonly accepted?: boolean } = {}) {
    this.#accepted = accepted
    this.#socket = socket
    this.#reader = this.#attach(socket)
  }

  /** The other end. */
  get remote(): Address {
    return remoteOf(this.#socket as Partial<Socket>)
  }

  /** This end. */
  get local(): Address {
    return localOf(this.#socket as Partial<Socket>)
  }

  /** What TLS negotiated, if the connection is encrypted. */
  get tls(): TlsInfo | undefined {
    return tlsInfoOf(this.#socket)
  }

  /** Whatever has arrived; undefined at the end. */
  read(): Promise<Buffer | undefined> {
    return this.#isOver ? this.#refuseRead() : this.#reader.read()
  }

  /**
   * Exactly `count` bytes.
   *
   * @throws FrameError TRUNCATED when the stream ends before that; the bytes can still be read
   */
  readExactly(count: number): Promise<Buffer> {
    return this.#isOver ? this.#refuseRead() : this.#reader.readExactly(count)
  }

  /**
   * Everything up to `mark`, which is the end of what is returned.
   *
   * @param max in bytes, including the mark; 1 MiB by default
   * @throws FrameError TOO_LONG without a mark in `max` bytes, TRUNCATED without one before the end
   */
  readUntil(mark: string | Uint8Array, max?: number): Promise<Buffer> {
    return this.#isOver ? this.#refuseRead() : this.#reader.readUntil(mark, max)
  }

  /** Waits for a byte or the end; returns whether it is the end. */
  isAtEnd(): Promise<boolean> {
    return this.#isOver ? this.#refuseRead() : this.#reader.isAtEnd()
  }

  /** Its lines; what follows the last line taken can still be read after leaving the loop. */
  lines(options?: LineOptions): AsyncIterableIterator<string> {
    return this.#reader.lines(options)
  }

  [Symbol.asyncIterator](): AsyncIterator<Buffer> {
    return this.#reader[Symbol.asyncIterator]()
  }

  /**
   * Writes all of it, after writes in progress; waits until the system has accepted it, so that a slow reader applies
   * back-pressure.
   *
   * Cancellation: throws `Cancelled`. If cancelled before it starts, nothing is sent; while it waits, it is unknown how
   * much was sent, so the connection is broken.
   *
   * @throws BrokenError when the other side is gone, ClosedError when this one was closed
   */
  write(bytes: string | Uint8Array): Promise<void> {
    if (!isUncancelled()) return suspend(new Waiter('Connection.write', this))
    const failure = this.#unwritable('write')
    if (failure !== undefined) return Promise.reject(failure)
    const chunk = typeof bytes === 'string' ? Buffer.from(bytes) : bytes
    this.#sent += chunk.length
    this.#socket.write(chunk, this.#called)
    // If the socket has nothing left to send, it has accepted everything, long before it calls back.
    const { writableLength, errored } = this.#socket
    if (writableLength === 0 && errored === null) return ready('Connection.write', this, undefined)
    return this.#taken(this.#sent)
  }

  /**
   * Signals the end of output, after what was written: the other side reads the end, and can still answer.
   *
   * Cancellation: throws `Cancelled` and breaks the connection.
   *
   * @throws BrokenError, ClosedError
   */
  async closeWrite(): Promise<void> {
    if (this.#closed || this.#broken !== undefined) throw this.#failure('closeWrite')
    await this.#finish()
  }

  /**
   * Encrypts from here on, as the client of the connection or, if it was accepted, as the server. Bytes that have
   * arrived unread are treated as part of the handshake, never as plaintext.
   *
   * Cancellation: breaks the connection.
   *
   * @param options those of `tls.connect`, or of `tls.createServer`
   * @throws Error of the handshake, such as CERT_HAS_EXPIRED; the connection is then broken
   * @example
   * await connection.startTls({ servername: 'mail.example.com' })
   */
  async startTls(options: TlsSettings = {}): Promise<void> {
    const failure = this.#unwritable('startTls')
    if (failure !== undefined) throw failure
    this.#reader.detach()
    const plain = this.#socket
    try {
      const socket = await upgrade(plain as Socket, this.#accepted, options)
      this.#socket = socket
      this.#sent = 0
      this.#reader = this.#attach(socket)
    } catch (error) {
      this.#break('the TLS handshake did not succeed', error)
      throw error
    }
  }

  /** Breaks it at once with a reset: what was written may be lost. */
  abort(): void {
    this.#closed = this.#isOver = true
    this.#reset()
  }

  /**
   * Sends what was written, and closes both directions. It settles when the socket is gone. To be sure that the other
   * side has read everything, first call `closeWrite` and read to the end.
   *
   * Cancellation: does not cut it short.
   */
  close({ grace = 5_000 }: CloseOptions = {}): Promise<void> {
    requireDuration('Connection.close: grace', grace)
    return (this.#closing ??= shield(() => this.#close(grace)))
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  get [Symbol.toStringTag](): string {
    return `Connection ${showAddress(this.remote)}`
  }

  async #close(grace: number): Promise<void> {
    this.#closed = this.#isOver = true
    const socket = this.#socket
    if (!socket.destroyed) {
      try {
        const { timedOut } = await moveOnAfter(grace, () => this.#finish())
        if (timedOut) this.#reset()
      } catch (error) {
        if (isCancelled(error)) throw error // the other side is gone: nothing is left to be sent
      }
      socket.destroy()
    }
    while (!socket.closed) await this.#change('Connection.close')
  }

  async #finish(): Promise<void> {
    const socket = this.#socket
    socket.end(this.#called)
    try {
      while (!socket.writableFinished) {
        if (socket.destroyed) throw this.#failure('closeWrite', socket.errored)
        await this.#change('Connection.closeWrite')
      }
    } catch (error) {
      if (isCancelled(error) && !this.#closed) this.#break('a closeWrite was cancelled')
      throw error
    }
  }

  async #taken(end: number): Promise<void> {
    const socket = this.#socket
    try {
      while (this.#sent - socket.writableLength < end || isLost(socket)) {
        if (isLost(socket)) throw this.#failure('write', socket.errored)
        await this.#change('Connection.write')
      }
    } catch (error) {
      if (isCancelled(error)) this.#break('a write was cancelled half-way')
      throw error
    }
  }

  #attach(socket: Duplex): ByteReader {
    const reader = new ByteReader(socket, { owner: this })
    socket.off('error', ignored) // the reader hears of it
    return reader
  }

  /** Why nothing can be written. */
  #unwritable(method: string): Error | undefined {
    const socket = this.#socket
    if (this.#closed || this.#broken !== undefined || isLost(socket)) {
      return this.#failure(method, socket.errored)
    }
    if (!socket.writableEnded) return undefined
    return new ClosedError(
      `Connection.${method}: its end was sent already; write before closeWrite`,
    )
  }

  #failure(method: string, cause?: NodeJS.ErrnoException | null): Error {
    if (this.#broken !== undefined) return this.#broken
    if (this.#closed) {
      return new ClosedError(`Connection.${method}: the connection is closed; open another one`)
    }
    const said = cause?.code === undefined ? '' : ` (${cause.code})`
    return (this.#broken = new BrokenError(
      `Connection.${method}: the other side is gone${said}; open another connection`,
      { cause },
    ))
  }

  #refuseRead(): Promise<never> {
    return Promise.reject(this.#failure('read'))
  }

  #break(why: string, cause?: unknown): void {
    this.#isOver = true
    this.#broken ??= new BrokenError(
      `Connection: ${why}, so it cannot be used any more; open another one`,
      { cause },
    )
    this.#reset()
  }

  #reset(): void {
    const socket = this.#socket as Partial<Socket> & Duplex
    if (socket.destroyed) return
    // A socket that is closing gracefully cannot be reset: Node then loses its handle, and never finishes.
    const saysGoodbye = socket.writableEnded && socket.writableLength === 0
    const canReset = socket.resetAndDestroy !== undefined && socket.remotePort !== undefined
    if (canReset && !saysGoodbye && this.tls === undefined) socket.resetAndDestroy?.()
    else socket.destroy()
  }

  /** @internal */
  broken(error: Error | undefined): Error {
    return this.#failure('read', error)
  }

  /** @internal */
  changed(): void {
    if (this.#line !== undefined) wakeAll(this.#line, undefined)
  }

  get #called(): () => void {
    return (this.#callback ??= () => this.changed())
  }

  /** Waits until something has happened to the socket. */
  #change(kind: string): Promise<void> {
    this.#line ??= new WaitQueue()
    return suspend(new Waiter(kind, this, this.#line))
  }
}

/** Whether bytes passed to it may never arrive. */
function isLost(socket: Duplex): boolean {
  return socket.errored !== null || (socket.destroyed && !socket.writableFinished)
}
