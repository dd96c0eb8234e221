import { BrokenError, ClosedError, Future, now } from 'corral'
import {
  isUncancelled,
  ready,
  suspend,
  Waiter,
  WaitQueue,
  wake,
  wakeWithError,
} from 'corral/lowlevel'
import { Inbox } from '../socket/inbox.ts'
import type { Dial, SocketLike } from './dial.ts'
import { completeLiveOptions } from './live-socket-options.ts'
import type { LiveSocketOptions } from './live-socket-options.ts'
import { DEFAULT_BACKOFF, ReconnectPolicy } from './reconnect-policy.ts'

/** How often a waiting sender checks for room: the platform has no event for it. */
const LOOK_AGAIN = 20

interface Outgoing {
  readonly data: string | Uint8Array
  readonly onSent: (() => void) | undefined
}

export type LiveState = 'connecting' | 'open' | 'closed'

/**
 * A connection to a server that reconnects when it is lost. Iterate it for incoming messages; `send` waits while there
 * is no connection. Made by `openWebSocket`.
 *
 * Cancellation: cancelling a wait changes nothing.
 */
export abstract class LiveSocket<M> implements AsyncIterable<M>, AsyncDisposable {
  protected readonly inbox: Inbox<M>
  readonly #dial: Dial
  readonly #url: string
  readonly #options: ReturnType<typeof completeLiveOptions>
  readonly #protocols: readonly string[]
  readonly #policy: ReconnectPolicy
  readonly #opened = new Future<void>()
  readonly #ended = new Future<void>()
  readonly #senders = new WaitQueue()
  #socket: SocketLike | undefined
  #state: LiveState = 'connecting'
  #timer: ReturnType<typeof setTimeout> | undefined
  #looking: ReturnType<typeof setTimeout> | undefined
  #attempts = 0
  /** The platform's account of the last failure. */
  #why = ''
  /** Reading from the server is paused. */
  #held = false

  /** Made by `openWebSocket`, not by hand. */
  constructor(dial: Dial, url: string, options: LiveSocketOptions, protocols: readonly string[]) {
    this.#dial = dial
    this.#url = url
    this.#options = completeLiveOptions(options)
    this.#protocols = protocols
    this.#policy = new ReconnectPolicy(
      options.backoff ?? DEFAULT_BACKOFF,
      this.#options.stableAfter,
    )
    this.inbox = new Inbox<M>('LiveSocket.receive', this)
  }

  /** A message has arrived from the server. */
  protected abstract receive(data: string | Uint8Array): void
  /**
   * The connection is established: sends the greeting. True when that makes it open, otherwise `open` is called later.
   */
  protected abstract greet(): boolean
  /** The connection is lost. */
  protected abstract lost(error: () => Error): void

  get state(): LiveState {
    return this.#state
  }

  /** How often it has connected, including the first time. */
  get attempts(): number {
    return this.#attempts
  }

  /** @internal Connects for the first time. */
  async start(): Promise<void> {
    this.#connect()
    try {
      await this.#opened.wait()
    } catch (error) {
      this.#end('openWebSocket was given up', 1000, '')
      throw error
    }
  }

  /** Incoming messages in order, across all connections; it ends when no more will come. */
  [Symbol.asyncIterator](): AsyncIterator<M, undefined> {
    return { next: () => this.inbox.take(true) as Promise<IteratorResult<M, undefined>> }
  }

  /**
   * The next incoming message; waits for it.
   *
   * @throws ClosedError when no more will come
   */
  receiveNext(): Promise<M> {
    return this.inbox.take(false) as Promise<M>
  }

  /** Closes it for good, and waits for the connection to end. A second call waits for the same end. */
  async close(code = 1000, reason = ''): Promise<void> {
    this.#end('it was closed', code, reason)
    await this.#ended.wait()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  get [Symbol.toStringTag](): string {
    return `${this.constructor.name} ${this.#url}`
  }

  /** Sends bytes; waits while there is no connection or no room. `onSent` is called when they leave. */
  protected push(data: string | Uint8Array, onSent?: () => void): Promise<void> {
    if (this.#state === 'closed') return Promise.reject(this.#refusal())
    const outgoing: Outgoing = { data, onSent }
    if (isUncancelled() && this.#senders.size === 0 && this.#hasRoom()) {
      this.#transmit(outgoing)
      return ready('LiveSocket.send', this, undefined)
    }
    const wait = suspend(new Waiter('LiveSocket.send', this, this.#senders, outgoing))
    this.#lookAgain()
    return wait
  }

  /** Sends bytes if there is a connection and room. */
  protected tryPush(data: string | Uint8Array): boolean {
    if (this.#senders.size > 0 || !this.#hasRoom()) return false
    this.#socket?.send(data)
    return true
  }

  /** Sends ahead of everything else. */
  protected say(text: string): void {
    this.#socket?.send(text)
  }

  /** The server has answered the greeting. */
  protected open(): void {
    if (this.#state !== 'connecting') return
    clearTimeout(this.#timer)
    this.#state = 'open'
    this.#policy.opened(now())
    if (!this.#opened.settled) this.#opened.resolve()
    this.#serveSenders()
  }

  /** @internal */
  onFull(): void {
    this.#hold(true)
  }

  /** @internal */
  onRoom(): void {
    this.#hold(false)
  }

  #hold(held: boolean): void {
    this.#held = held
    if (held) this.#socket?.pause?.()
    else this.#socket?.resume?.()
  }

  #connect(): void {
    this.#attempts += 1
    let socket: SocketLike
    try {
      socket = this.#dial(this.#url, this.#protocols)
    } catch (error) {
      this.#opened.reject(error)
      return
    }
    this.#socket = socket
    socket.binaryType = 'arraybuffer'
    socket.onopen = () => {
      if (this.#held) socket.pause?.()
      if (this.greet()) this.open()
    }
    socket.onmessage = ({ data }: { data: string | ArrayBuffer }) => {
      if (this.#state === 'closed') return
      this.receive(typeof data === 'string' ? data : new Uint8Array(data))
    }
    socket.onerror = (event: { message?: string }) => this.#onError(event.message)
    socket.onclose = ({ code, reason }: { code: number; reason: string }) => {
      if (this.#socket === socket) this.#onClose(code, reason)
    }
    this.#timer = setTimeout(() => socket.close(), this.#options.connectTimeout)
  }

  #onError(message = ''): void {
    this.#why = message
  }

  #onClose(code: number, reason: string): void {
    clearTimeout(this.#timer)
    this.#socket = undefined
    const isFirst = !this.#opened.settled
    const error = (): BrokenError => new BrokenError(this.#describe(isFirst, code, reason))
    this.lost(error)
    if (this.#state === 'closed') {
      this.#finish()
      return
    }
    this.#state = 'connecting'
    const decision = this.#policy.ended(code, now())
    if (this.#opened.settled && decision.kind === 'retry') {
      this.#timer = setTimeout(() => this.#connect(), decision.delay)
      return
    }
    if (!this.#opened.settled) this.#opened.reject(error())
    this.#end(`the server has closed it (${code} ${reason})`, code, reason)
    this.#finish()
  }

  #describe(isFirst: boolean, code: number, reason: string): string {
    const why = [code === 1006 ? '' : code, reason || this.#why].filter(Boolean).join(' ')
    const [place = ''] = this.#url.split('?') // what follows may be a secret
    const what = isFirst ? 'cannot connect to' : 'lost the connection to'
    return `openWebSocket: ${what} ${place}${why && `: ${why}`}`
  }

  #end(why: string, code: number, reason: string): void {
    if (this.#state === 'closed') return
    this.#state = 'closed'
    clearTimeout(this.#timer)
    clearTimeout(this.#looking)
    this.inbox.end(why)
    for (const sender of this.#senders) wakeWithError(sender, () => this.#refusal())
    if (this.#socket === undefined) this.#finish()
    else this.#socket.close(code, reason)
    if (this.#held) this.#socket?.resume?.()
  }

  #finish(): void {
    if (!this.#ended.settled) this.#ended.resolve()
  }

  #hasRoom(): boolean {
    const socket = this.#socket
    return (
      this.#state === 'open' &&
      socket !== undefined &&
      socket.bufferedAmount < this.#options.queueBytes
    )
  }

  #serveSenders(): void {
    for (let sender = this.#senders.first; sender !== undefined; sender = this.#senders.first) {
      if (!this.#hasRoom()) {
        this.#lookAgain()
        return
      }
      this.#transmit((sender as Waiter & { data: Outgoing }).data)
      wake(sender, undefined)
    }
  }

  #transmit({ data, onSent }: Outgoing): void {
    this.#socket?.send(data)
    onSent?.()
  }

  #lookAgain(): void {
    if (this.#state !== 'open' || this.#senders.size === 0) return
    clearTimeout(this.#looking)
    this.#looking = setTimeout(() => this.#serveSenders(), LOOK_AGAIN)
  }

  #refusal(): ClosedError {
    return new ClosedError('LiveSocket.send: it is closed; open another one')
  }
}
