import type { IncomingHttpHeaders } from 'node:http'
import { duplexPair } from 'node:stream'
import type { Duplex } from 'node:stream'
import { BrokenError, Event, Queue, throwIfCancelled } from 'corral'
import type { ReplyHeaders, RequestHeaders, SwitchedConnection, Transport } from './transport.ts'

/** How many chunks of a response may be in flight before the writer waits. */
const WINDOW = 2

/** A request without a socket: both ends are in this process, and in virtual time if the test is. */
export class MemoryTransport implements Transport {
  readonly method: string
  readonly target: string
  readonly headers: RequestHeaders
  readonly remoteAddress: string
  readonly pieces: Queue<Buffer> = new Queue<Buffer>({ capacity: WINDOW })
  /** The head has been sent, or never will be. */
  readonly answered: Event = new Event()
  replyHeaders: ReplyHeaders = {}
  status = 0
  headersSent = false
  ended = false
  gone = false
  /** Cut off by the server. */
  broken = false
  onGone: (() => void) | undefined
  readonly upgradable: boolean
  /** The client's end of a connection that was taken over. */
  socket: Duplex | undefined
  readonly #body: AsyncIterator<Uint8Array | string> | undefined
  #server: Duplex | undefined

  constructor(
    method: string,
    target: string,
    headers: RequestHeaders,
    body: AsyncIterable<Uint8Array | string> | undefined,
    remoteAddress: string,
  ) {
    this.method = method
    this.target = target
    this.headers = headers
    this.remoteAddress = remoteAddress
    this.upgradable = headers['upgrade'] !== undefined
    this.#body = body?.[Symbol.asyncIterator]()
  }

  detach(): SwitchedConnection {
    const [socket, client] = duplexPair()
    this.socket = client
    this.status = 101
    this.headersSent = true
    this.#server = socket
    this.answered.set()
    const { method, target: url } = this
    const incoming = { method, url, headers: this.headers as IncomingHttpHeaders }
    return { socket, head: Buffer.alloc(0), incoming }
  }

  async read(): Promise<Uint8Array | undefined> {
    throwIfCancelled()
    if (this.gone) {
      throw new BrokenError('Transport.read: the client has gone before its body was complete')
    }
    const step = await this.#body?.next()
    return step === undefined || step.done === true ? undefined : Buffer.from(step.value)
  }

  closeAfter(): void {
    // there is no connection to close
  }

  head(status: number, headers: ReplyHeaders): void {
    this.status = status
    this.replyHeaders = headers
    this.headersSent = true
    this.answered.set()
  }

  async write(piece: Uint8Array | string): Promise<void> {
    throwIfCancelled()
    if (!this.gone) await this.pieces.put(Buffer.from(piece))
  }

  async end(piece?: Uint8Array | string): Promise<void> {
    if (this.gone) return
    // The last chunk does not wait, like one that fits in a socket's buffer.
    if (piece !== undefined) this.pieces.tryPut(Buffer.from(piece))
    this.ended = true
    this.pieces.close()
  }

  destroy(): void {
    this.#server?.destroy()
    this.broken = true
    this.pieces.close({ immediate: true })
    this.answered.set()
  }

  /** The client disconnects. */
  disconnect(): void {
    if (this.gone || this.ended) return
    this.gone = true
    this.pieces.close({ immediate: true })
    this.answered.set()
    this.onGone?.()
  }
}
