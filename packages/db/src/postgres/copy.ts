import type { Socket } from 'node:net'
import { Event, InternalError, MisuseError } from 'corral'
import type { PostgresWire } from './internals.ts'
import { Submission } from './submission.ts'

/** How much of the server's output may be buffered before reading pauses, in bytes. */
const highWater = 1_000_000

/**
 * A COPY over the extended protocol, which takes one statement. It ends with one Sync, sent when nothing more is to be
 * sent: the server ignores those that it reads while it takes rows, but answers those that it reads after it has failed
 * in between, so that of one sent earlier nobody could say whether it will be answered.
 *
 * By itself it brings no rows and takes none: it is for files of the server.
 */
export class Copy extends Submission {
  /** It is a COPY in this direction. */
  asked = false
  readonly #text: string
  #wire: PostgresWire | undefined
  #synced = false

  constructor(owner: object, text: string) {
    super(owner)
    this.#text = text
  }

  protected get wire(): PostgresWire {
    if (this.#wire === undefined) throw new InternalError('a COPY that was not sent')
    return this.#wire
  }

  submit(wire: PostgresWire): void {
    this.#wire = wire
    wire.parse({ text: this.#text })
    wire.bind({ values: [] })
    wire.execute({})
    wire.flush()
  }

  /** @throws MisuseError when it was something else */
  requireAsked(api: string): void {
    if (!this.asked) throw new MisuseError(`${api}: it was no such COPY, but ran: ${this.#text}`)
  }

  override handleCopyInResponse(): void {
    super.handleCopyInResponse(this.wire)
    this.sync()
  }

  override handleCommandComplete(message: { readonly text: string }): void {
    super.handleCommandComplete(message)
    this.sync()
  }

  override handleEmptyQuery(): void {
    this.sync()
  }

  override handleError(error: unknown): void {
    super.handleError(error)
    this.sync()
  }

  /** Nothing more is to be sent. */
  protected sync(): void {
    if (this.#synced) return
    this.#synced = true
    this.wire.sync()
  }
}

/** `copy ... from stdin`, until the server asks for the rows. After that, the submitter sends them. */
export class CopyIn extends Copy {
  /** The server asks for rows, or never will. */
  readonly begun: Event = new Event()
  /** It asks for more. */
  open = false
  #unwanted = false

  override handleCopyInResponse(): void {
    this.open = true
    this.asked = true
    this.begun.set()
    if (this.#unwanted) this.abandon()
  }

  /** Sends the rows as they come, as fast as the server takes them; none when it does not ask for any. */
  async send(rows: AsyncIterable<Buffer>): Promise<void> {
    const { wire } = this
    for await (const chunk of this.open ? rows : []) {
      if (!this.open) return
      wire.sendCopyFromChunk(chunk)
      if (wire.stream.writableNeedDrain) await drained(wire.stream)
    }
    if (!this.open) return
    wire.endCopyFrom()
    this.sync()
  }

  /**
   * Ends it without its rows, now or when the server asks for them: while it waits for them, it ignores cancel
   * requests. Nothing, when all rows are sent.
   */
  abandon(): void {
    this.#unwanted = true
    if (!this.open) return
    this.wire.sendCopyFail('given up')
    this.sync()
  }

  override end(error?: unknown): void {
    this.open = false
    this.begun.set()
    super.end(error)
  }

  protected override sync(): void {
    this.open = false
    super.sync()
  }
}

/** `copy ... to stdout`: buffers what has arrived, up to a limit. */
export class CopyOut extends Copy {
  /** Data has arrived, or no more will. */
  readonly changed: Event = new Event()
  readonly #socket: Socket
  #chunks: Buffer[] = []
  #size = 0
  #unwanted = false

  constructor(owner: object, text: string, socket: Socket) {
    super(owner, text)
    this.#socket = socket
  }

  override handleCopyOutResponse(): void {
    this.asked = true
  }

  override handleCopyData({ chunk }: { readonly chunk: Buffer }): void {
    if (this.#unwanted) return
    // The parser reuses its buffer.
    this.#chunks.push(Buffer.from(chunk))
    this.#size += chunk.length
    if (this.#size > highWater) this.#socket.pause()
    this.changed.set()
  }

  override end(error?: unknown): void {
    super.end(error)
    this.changed.set()
  }

  take(): Buffer | undefined {
    if (this.#chunks.length === 0) return undefined
    const all = Buffer.concat(this.#chunks)
    this.#chunks = []
    this.#size = 0
    this.#socket.resume()
    return all
  }

  /** Anything that still arrives is discarded. */
  discard(): void {
    this.#unwanted = true
    this.#chunks = []
    this.#socket.resume()
  }
}

/**
 * Waits until there is room for more.
 *
 * Cancellation: stops waiting.
 */
async function drained(socket: Socket): Promise<void> {
  const ready = new Event()
  const tell = (): void => ready.set()
  socket.on('drain', tell).on('close', tell)
  try {
    if (socket.writableNeedDrain) await ready.wait()
  } finally {
    socket.off('drain', tell).off('close', tell)
  }
}
