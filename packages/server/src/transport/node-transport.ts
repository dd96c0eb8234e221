import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { BrokenError, Event, moveOnAfter, throwIfCancelled } from 'corral'
import type { ReplyHeaders, RequestHeaders, SwitchedConnection, Transport } from './transport.ts'

export interface NodeTransportOptions {
  /** How long a client may read nothing of a response, in milliseconds. */
  readonly readerTimeout: number
  /** The client waits for `100 Continue` before it sends the body. */
  readonly expectsContinue?: boolean
  /** Bytes that came after the head of a request for another protocol. */
  readonly upgradeHead?: Buffer
}

/** The requests in flight on each socket. One listener per socket notifies them all, pipelined ones too. */
const underWay = new WeakMap<Socket, NodeTransport[]>()

/**
 * A `node:http` request. The client has disconnected if the socket closes before the response is complete: neither the
 * 'close' of the request nor that of a pipelined response says so.
 */
export class NodeTransport implements Transport {
  readonly incoming: IncomingMessage
  readonly outgoing: ServerResponse
  readonly method: string
  readonly target: string
  readonly remoteAddress: string
  onGone: (() => void) | undefined
  gone = false
  ended = false
  readonly #socket: Socket
  readonly #readerTimeout: number
  #expectsContinue: boolean
  readonly #upgradeHead: Buffer | undefined
  #detached = false
  #reading: Event | undefined
  #writing: Event | undefined

  constructor(incoming: IncomingMessage, outgoing: ServerResponse, options: NodeTransportOptions) {
    this.incoming = incoming
    this.outgoing = outgoing
    this.method = incoming.method ?? 'GET'
    this.target = incoming.url ?? '/'
    this.#socket = incoming.socket
    this.remoteAddress = this.#socket.remoteAddress ?? ''
    this.#readerTimeout = options.readerTimeout
    this.#expectsContinue = options.expectsContinue ?? false
    this.#upgradeHead = options.upgradeHead
    requestsOf(this.#socket).push(this)
    if (this.#socket.destroyed) this.left()
  }

  get rawHeaders(): readonly string[] {
    return this.incoming.rawHeaders
  }

  get headers(): RequestHeaders {
    return this.incoming.headers
  }

  get headersSent(): boolean {
    return this.outgoing.headersSent || this.#detached
  }

  get status(): number {
    if (this.#detached) return 101
    return this.outgoing.headersSent ? this.outgoing.statusCode : 0
  }

  /** The socket has closed. */
  left(): void {
    this.#over()
    this.#reading?.set()
    this.#writing?.set()
    if (this.ended || this.gone || this.outgoing.writableFinished) return
    this.gone = true
    this.onGone?.()
  }

  get upgradable(): boolean {
    return this.#upgradeHead !== undefined && !this.outgoing.headersSent && !this.gone
  }

  detach(): SwitchedConnection {
    this.#detached = true
    this.#over()
    this.outgoing.detachSocket(this.#socket)
    const { incoming } = this
    return { socket: this.#socket, head: this.#upgradeHead ?? Buffer.alloc(0), incoming }
  }

  arrived(): Buffer | undefined {
    const { incoming } = this
    if (!incoming.complete || incoming.readableDidRead) return undefined
    return (incoming.read() as Buffer | null) ?? undefined
  }

  async read(): Promise<Uint8Array | undefined> {
    const { incoming } = this
    if (this.#expectsContinue) {
      this.#expectsContinue = false
      this.outgoing.writeContinue()
    }
    const changed = (this.#reading ??= this.#listen())
    for (;;) {
      const piece = incoming.read() as Uint8Array | null
      if (piece !== null) {
        throwIfCancelled()
        return piece
      }
      if (incoming.readableEnded) return undefined
      if (incoming.destroyed) {
        throw new BrokenError('Transport.read: the client has gone before its body was complete')
      }
      changed.clear()
      await changed.wait()
    }
  }

  #listen(): Event {
    const changed = new Event()
    const tell = (): void => changed.set()
    this.incoming.on('readable', tell).on('end', tell).on('close', tell).on('error', tell)
    return changed
  }

  closeAfter(): void {
    this.outgoing.shouldKeepAlive = false
  }

  head(status: number, headers: ReplyHeaders): void {
    // A client that was never told to continue may or may not send its body: nothing else can follow it.
    if (this.#expectsContinue) this.closeAfter()
    this.outgoing.writeHead(status, headers as Record<string, string | string[] | number>)
  }

  async write(piece: Uint8Array | string): Promise<void> {
    throwIfCancelled()
    if (this.gone || this.outgoing.destroyed) return
    if (this.outgoing.write(piece)) return
    await this.#progress(() => !this.outgoing.writableNeedDrain)
  }

  async end(piece?: Uint8Array | string): Promise<void> {
    const { outgoing } = this
    if (piece === undefined) outgoing.end()
    else outgoing.end(piece)
    // The system has all of it: no need to wait for the event that says so.
    if (outgoing.socket?.writableLength !== 0) {
      await this.#progress(() => outgoing.writableFinished)
    }
    this.ended = !this.gone
    this.#over()
  }

  /** No longer in flight. An array, not a set: removing the last item of a set allocates a new table. */
  #over(): void {
    const requests = requestsOf(this.#socket)
    const place = requests.indexOf(this)
    if (place === requests.length - 1) requests.pop()
    else if (place !== -1) requests.splice(place, 1)
  }

  /** Waits until `done`, or until the client has disconnected; cuts off one that reads nothing for too long. */
  async #progress(done: () => boolean): Promise<void> {
    const { outgoing } = this
    if (this.#writing === undefined) {
      const changed = (this.#writing = new Event())
      const tell = (): void => changed.set()
      outgoing.on('drain', tell).on('finish', tell).on('close', tell)
    }
    while (!done() && !this.gone && !outgoing.destroyed) {
      const before = taken(this.#socket)
      this.#writing.clear()
      const wait = await moveOnAfter(this.#readerTimeout, () => this.#writing?.wait())
      if (wait.timedOut && taken(this.#socket) === before) this.destroy()
    }
  }

  destroy(): void {
    this.#socket.destroy()
  }

  /** The response is sent elsewhere, by a `node:http` listener: waits for it. */
  async finished(): Promise<void> {
    await this.#progress(() => this.outgoing.writableFinished)
    this.ended = !this.gone
    this.#over()
  }
}

/** How many bytes the system has accepted. */
function taken(socket: Socket): number {
  return socket.bytesWritten - socket.writableLength
}

/** Those whose answer is still to be given or taken. */
export function requestsOf(socket: Socket): NodeTransport[] {
  const known = underWay.get(socket)
  if (known !== undefined) return known
  const requests: NodeTransport[] = []
  underWay.set(socket, requests)
  socket.once('close', () => {
    for (const request of requests.slice()) request.left()
  })
  return requests
}
