import type { Duplex } from 'node:stream'
import { ClosedError } from 'corral'
import {
  isUncancelled,
  ready,
  suspend,
  Waiter,
  WaitQueue,
  wake,
  wakeWithError,
} from 'corral/lowlevel'
import { requireClose } from '../frames/close-frame.ts'
import type { CloseInfo } from '../frames/close-frame.ts'
import type { AnySeat } from '../room/seat.ts'
import { TOO_SLOW } from '../protocol/too-slow.ts'
import { Connection } from './connection.ts'
import type { MessageKind } from './codec.ts'
import { Inbox } from './inbox.ts'
import { MessageRate } from './message-rate.ts'
import { PlainSpeech } from './plain-speech.ts'
import type { SocketLimits } from './socket-limits.ts'
import type { Speech } from './speech.ts'

/** What is known of a connection before it starts. */
export interface SocketFacts<U> {
  readonly user: U
  readonly name: string
  readonly target: string
  readonly remoteAddress: string
  readonly protocol: string
  readonly kind: MessageKind
  readonly limits: Required<SocketLimits>
}

/**
 * A client's connection, as its handler sees it. Iterate it for the messages, in order; the client is read no faster
 * than the loop takes them.
 *
 * Cancellation: cancelling a wait changes nothing; a message that was granted is delivered.
 *
 * @example
 * websocket(async (socket) => {
 *   for await (const text of socket) await socket.send(text.toUpperCase())
 * })
 */
export class ServerSocket<M = string, U = undefined> implements AsyncIterable<M> {
  readonly #facts: SocketFacts<U>
  readonly #inbox: Inbox<M>
  readonly #senders = new WaitQueue()
  readonly #rate: MessageRate | undefined
  /** @internal */
  readonly connection: Connection
  /** @internal */
  readonly seats: Set<AnySeat> = new Set()
  /** @internal */
  speech: Speech
  /** @internal Called when the client has disconnected. */
  onEnded: ((info: CloseInfo) => void) | undefined

  /** Made for each connection, not by hand. */
  constructor(stream: Duplex, facts: SocketFacts<U>) {
    const { limits, kind } = facts
    this.#facts = facts
    if (limits.messagesPerSecond !== Infinity) {
      this.#rate = new MessageRate(limits.messagesPerSecond, performance.now())
    }
    this.#inbox = new Inbox<M>('ServerSocket.receive', this)
    this.connection = new Connection(stream, limits, this)
    this.speech = new PlainSpeech(this, kind)
  }

  /** @internal Begins to read. */
  start(head: Uint8Array, speech: Speech = this.speech): void {
    this.speech = speech
    this.connection.start(head)
  }

  /** What `authorize` returned. */
  get user(): U {
    return this.#facts.user
  }

  /** As in the task tree: `/chat #12`. */
  get name(): string {
    return this.#facts.name
  }

  /** Path and query as they were sent. */
  get target(): string {
    return this.#facts.target
  }

  get remoteAddress(): string {
    return this.#facts.remoteAddress
  }

  /** The negotiated subprotocol, or ''. */
  get protocol(): string {
    return this.#facts.protocol
  }

  /** How the connection ended, or is about to; undefined while it is open. */
  get closed(): CloseInfo | undefined {
    return this.connection.closed
  }

  /** Bytes queued for the client. */
  get queued(): number {
    return this.connection.outbox.bytes
  }

  /** Number of room messages dropped or replaced because the client was behind. */
  get dropped(): number {
    return this.connection.outbox.dropped
  }

  /** @internal */
  get kind(): MessageKind {
    return this.#facts.kind
  }

  /** @internal How many bytes of answers may be queued. */
  get maxQueued(): number {
    return 2 * this.#facts.limits.queueBytes
  }

  /** Maximum number of rooms at a time. */
  get maxRooms(): number {
    return this.#facts.limits.maxRooms
  }

  /** Number of messages that have arrived and were not taken yet. */
  get waiting(): number {
    return this.#inbox.size
  }

  /**
   * Sends a message; waits first while more than `queueBytes` are queued for the client. What is sent in one turn
   * leaves as one write.
   *
   * Cancellation: either the message was not sent, or there was room and it was.
   *
   * @throws ClosedError when the connection is closed, even while waiting
   */
  send(data: M): Promise<void> {
    if (this.connection.closing) return Promise.reject(this.#refusal())
    return this.#sendFrame(this.speech.encode(data))
  }

  #sendFrame(frame: Buffer, onSent?: () => void): Promise<void> {
    if (this.connection.closing) return Promise.reject(this.#refusal())
    if (isUncancelled() && this.#senders.size === 0 && this.#hasRoom()) {
      this.connection.push(frame)
      onSent?.()
      return ready('ServerSocket.send', this, undefined)
    }
    this.connection.outbox.tell(this)
    const outgoing: Outgoing = { frame, onSent }
    return suspend(new Waiter('ServerSocket.send', this, this.#senders, outgoing))
  }

  /** Sends a message if there is room and no sender is waiting; never waits. Returns false if it was not sent. */
  trySend(data: M): boolean {
    if (this.connection.closing || this.#senders.size > 0 || !this.#hasRoom()) return false
    this.connection.push(this.speech.encode(data))
    return true
  }

  /**
   * The next message; waits for one if there is none.
   *
   * Cancellation: either no message was taken, or one was granted and is delivered.
   *
   * @throws ClosedError when the connection is closed and all messages have been taken
   */
  receive(): Promise<M> {
    return this.#inbox.take(false) as Promise<M>
  }

  /**
   * Sends a message to a `corral.v1` client, and waits until its application has answered, or has taken the next one
   * (undefined). Use `timeout` to limit the wait.
   *
   * Cancellation: the client may or may not get it; nothing is kept of it here.
   *
   * @throws ClosedError when the connection is closed, MisuseError when the client speaks plain messages
   */
  request(data: M): Promise<unknown> {
    return this.speech.request(data, (frame, onSent) => this.#sendFrame(frame, onSent))
  }

  /** Answers the message that was taken last, if its client waits for an answer: its `request` returns `answer`. */
  reply(answer?: unknown): void {
    this.#inbox.done(answer)
  }

  /**
   * Starts closing: what was sent before still goes out, nothing after it. The loop over the messages ends, and the
   * handler is cancelled when the client has answered, or has not within `closeTimeout`.
   *
   * @param code 1000, 1001, 1003, 1007 to 1014, or 3000 to 4999
   * @param reason at most 123 bytes
   */
  close(code = 1000, reason = ''): void {
    requireClose('ServerSocket.close', code, reason)
    this.shut({ code, reason })
  }

  [Symbol.asyncIterator](): AsyncIterator<M, undefined> {
    return {
      next: () => this.#inbox.take(true) as Promise<IteratorResult<M, undefined>>,
    }
  }

  /** @internal Like `close`, for any code. */
  shut(info: CloseInfo, drop = false): void {
    this.connection.close(info, drop)
    this.#inbox.end('the connection is closed', true)
    this.#endSenders()
  }

  /** @internal Leaves its rooms; calling it again does nothing. */
  leaveRooms(): void {
    for (const seat of this.seats) seat.leave()
  }

  /** @internal */
  onMessage(data: Buffer, isBinary: boolean): void {
    if (this.connection.closing) return
    if (this.#rate?.take(performance.now()) === false) {
      this.connection.fail(1008, 'too many messages')
      return
    }
    this.speech.receive(data, isBinary)
  }

  /** @internal `done` is called with the answer, or without one when the next message is asked for. */
  deliver(data: unknown, bytes: number, done?: (answer?: unknown) => void): void {
    this.#inbox.put(data as M, bytes, done)
  }

  /** @internal */
  onFull(): void {
    this.connection.pause()
  }

  /** @internal */
  onRoom(): void {
    this.connection.resume()
  }

  /** @internal */
  onGone(info: CloseInfo): void {
    this.#inbox.end(`the client has gone (${info.code})`)
    this.#endSenders()
    this.speech.end(() => this.#refusal())
    this.leaveRooms()
    this.onEnded?.(info)
  }

  /** @internal */
  onOverflow(): void {
    this.leaveRooms()
    this.shut({ code: TOO_SLOW, reason: 'too slow' }, true)
  }

  /** @internal */
  onProgress(): void {
    for (let waiter = this.#senders.first; waiter !== undefined; waiter = this.#senders.first) {
      if (!this.#hasRoom()) {
        this.connection.outbox.tell(this)
        return
      }
      const { frame, onSent } = (waiter as Waiter & { data: Outgoing }).data
      wake(waiter, undefined)
      this.connection.push(frame)
      onSent?.()
    }
  }

  get [Symbol.toStringTag](): string {
    return `ServerSocket ${this.name}`
  }

  #hasRoom(): boolean {
    return this.connection.outbox.bytes < this.#facts.limits.queueBytes
  }

  #endSenders(): void {
    for (const waiter of this.#senders) wakeWithError(waiter, () => this.#refusal())
  }

  #refusal(): ClosedError {
    const { code = 1006, reason = '' } = this.closed ?? {}
    return new ClosedError(`ServerSocket.send: the connection is closed (${code} ${reason})`)
  }
}

interface Outgoing {
  readonly frame: Buffer
  readonly onSent: (() => void) | undefined
}

/** A connection, whatever the type of its messages. */
export type AnySocket = Pick<
  ServerSocket<never, unknown>,
  | 'user'
  | 'name'
  | 'target'
  | 'remoteAddress'
  | 'protocol'
  | 'closed'
  | 'queued'
  | 'dropped'
  | 'close'
>

/** @internal The same, within this package. */
export type InnerSocket = ServerSocket<never, unknown>
