import type { Duplex } from 'node:stream'
import { Event } from 'corral'
import { encodeClose } from '../frames/close-frame.ts'
import type { CloseInfo } from '../frames/close-frame.ts'
import { encodeFrame, PING, PONG } from '../frames/frame.ts'
import { closeCodeOf, isHalfRead, openReceiver } from '../frames/receiver.ts'
import type { FrameReceiver } from '../frames/receiver.ts'
import { Outbox } from '../output/outbox.ts'
import type { OutboxOwner } from '../output/outbox.ts'
import type { Swept } from './ping-sweep.ts'
import type { SocketLimits } from './socket-limits.ts'

const PING_FRAME = encodeFrame(PING, '')
/** A pong that is queued behind more than this replaces the one before it (RFC 6455, 5.5.3). */
const MANY_PONGS = 16_384

/** The callbacks of a connection, all synchronous. */
export interface ConnectionOwner {
  onMessage(data: Buffer, isBinary: boolean): void
  /** No more messages will come: the peer has closed, or was lost. Called once. */
  onGone(info: CloseInfo): void
  onOverflow(): void
}

/**
 * A WebSocket on a stream of bytes, from the 101 on: frames in and out, ping and pong, and the closing handshake.
 * Messages are read by the receiver of `ws`; the outgoing side is ours.
 */
export class Connection implements OutboxOwner, Swept {
  readonly outbox: Outbox
  /** How it ended; undefined while it is open. */
  closed: CloseInfo | undefined
  messages = 0
  deaf = false
  readonly #stream: Duplex
  readonly #receiver: FrameReceiver
  readonly #owner: ConnectionOwner
  #heard = 0
  #closing = false
  #done = false
  #finished: Event | undefined
  #told = false
  readonly #closeTimeout: number
  #timer: NodeJS.Timeout | undefined

  constructor(stream: Duplex, limits: Required<SocketLimits>, owner: ConnectionOwner) {
    this.#stream = stream
    this.#owner = owner
    this.outbox = new Outbox(stream, this)
    const { maxMessageBytes, maxFragments, closeTimeout } = limits
    this.#closeTimeout = closeTimeout
    const receiver = openReceiver({
      isServer: true,
      maxPayload: maxMessageBytes === Infinity ? 0 : maxMessageBytes,
      maxFragments: maxFragments === Infinity ? 0 : maxFragments,
      // A message may come in small pieces, not in more than one for each 16 bytes of the largest.
      maxBufferedChunks: Math.min(2 ** 31 - 1, 1024 + maxMessageBytes / 16),
    })
    this.#receiver = receiver
    receiver
      .on('message', (data: Buffer, isBinary: boolean) => this.#onMessage(data, isBinary))
      .on('ping', (data: Buffer) => this.#onPing(data))
      .on('conclude', (code: number, reason: Buffer) => this.#onConclude(code, String(reason)))
      .on('error', (error: Error) => this.#onBroken(error))
  }

  /** Begins to read; `head` came with the request. */
  start(head: Uint8Array): void {
    const stream = this.#stream
    if (head.length > 0) this.#read(Buffer.from(head))
    stream
      .on('data', (chunk: Buffer) => this.#read(chunk))
      .on('end', () => this.#onEnd())
      .on('error', ignore) // 'close' reports it
      .on('close', () => this.#onClose())
    if (stream.destroyed) this.#onClose()
  }

  get heard(): number {
    return this.#heard
  }

  get halfRead(): boolean {
    return isHalfRead(this.#receiver)
  }

  /** The close frame was sent, or there is no peer left to send it to. */
  get closing(): boolean {
    return this.#closing
  }

  /** Sends a frame. */
  push(frame: Buffer): void {
    this.outbox.push(frame)
  }

  ping(): void {
    this.outbox.push(PING_FRAME)
  }

  /** Stops reading from the peer until `resume`. */
  pause(): void {
    this.deaf = true
    this.#stream.pause()
  }

  resume(): void {
    this.deaf = false
    this.#stream.resume()
  }

  /** Starts the closing handshake; what is queued is sent first, or dropped. */
  close(info: CloseInfo, drop = false): void {
    if (this.#closing) return
    this.#closing = true
    this.closed ??= info
    this.outbox.finish(encodeClose(info), drop)
    this.resume() // for its answer
    this.#timer = setTimeout(() => this.destroy(), this.#closeTimeout).unref()
  }

  /** The peer violates the protocol: it is sent the close code and read no further. */
  fail(code: number, reason: string): void {
    this.close({ code, reason }, true)
    this.outbox.end()
    this.#gone({ code, reason })
  }

  destroy(): void {
    this.#stream.destroy()
  }

  /** Waits until the connection has ended. */
  async finished(): Promise<void> {
    if (this.#done) return
    await (this.#finished ??= new Event()).wait()
  }

  onOverflow(): void {
    this.#owner.onOverflow()
  }

  onSilence(): void {
    this.#gone({ code: 1006, reason: 'no answer to a ping' })
    this.destroy()
  }

  onHalfMessage(): void {
    this.fail(1008, 'the message took too long')
  }

  #read(chunk: Buffer): void {
    this.#heard += chunk.length
    const receiver = this.#receiver
    if (!receiver.destroyed && !receiver.writableEnded) receiver.write(chunk)
  }

  #onMessage(data: Buffer, isBinary: boolean): void {
    this.messages += 1
    if (!this.#done) this.#owner.onMessage(data, isBinary)
  }

  #onPing(data: Buffer): void {
    if (this.outbox.bytes < MANY_PONGS) this.outbox.push(encodeFrame(PONG, data))
    else this.outbox.replacePong(encodeFrame(PONG, data))
  }

  #onConclude(code: number, reason: string): void {
    const info = { code, reason }
    if (!this.#closing) {
      this.closed = info
      this.close(info)
    }
    this.outbox.end()
    this.#gone(info)
  }

  #onBroken(error: Error): void {
    this.fail(closeCodeOf(error), error.message.slice(0, 100))
  }

  #onEnd(): void {
    this.#gone({ code: 1006, reason: 'the connection was lost' })
    this.#stream.end()
  }

  #onClose(): void {
    this.#gone({ code: 1006, reason: 'the connection was lost' })
    this.#done = true
    clearTimeout(this.#timer)
    this.outbox.discard()
    this.#finished?.set()
  }

  #gone(info: CloseInfo): void {
    if (this.#told) return
    this.#told = true
    this.#closing = true
    this.closed ??= info
    this.#owner.onGone(info)
  }
}

/** A listener for errors of a stream, of which `close` tells as well; a stream without any ends the program. */
export function ignore(): void {}
