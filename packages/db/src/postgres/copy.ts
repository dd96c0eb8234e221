import type { Socket } from 'node:net'
import { Event } from 'corral'
import type { PostgresWire } from './internals.ts'
import { Submission } from './submission.ts'

/** How much of what the server sends may lie about before it is told to wait, in bytes. */
const highWater = 1_000_000

/** `copy ... from stdin`, until the server asks for the rows. What comes then is sent by who submitted it. */
export class CopyIn extends Submission {
  /** The server asks for rows, or will not. */
  readonly begun: Event = new Event()
  /** It asks for more. */
  open = false
  #unwanted = false
  readonly #text: string

  constructor(owner: object, text: string) {
    super(owner)
    this.#text = text
  }

  submit(wire: PostgresWire): void {
    wire.query(this.#text)
  }

  override handleCopyInResponse(wire: PostgresWire): void {
    this.open = true
    this.begun.set()
    if (this.#unwanted) this.giveUp(wire)
  }

  /** Ends it without its rows, now or when the server asks for them: while it waits for them it hears no request to cancel. */
  giveUp(wire: PostgresWire): void {
    this.#unwanted = true
    if (this.open) wire.sendCopyFail('given up')
    this.open = false
  }

  override end(error?: unknown): void {
    this.open = false
    this.begun.set()
    super.end(error)
  }
}

/** `copy ... to stdout`: what has come, and not too much of it. */
export class CopyOut extends Submission {
  /** Something has come, or nothing will any more. */
  readonly changed: Event = new Event()
  readonly #text: string
  readonly #socket: Socket
  #chunks: Buffer[] = []
  #size = 0
  #unwanted = false

  constructor(owner: object, text: string, socket: Socket) {
    super(owner)
    this.#text = text
    this.#socket = socket
  }

  submit(wire: PostgresWire): void {
    wire.query(this.#text)
  }

  override handleCopyData({ chunk }: { readonly chunk: Buffer }): void {
    if (this.#unwanted) return
    // The parser's buffer is used again.
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

  /** What still comes is thrown away. */
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
export async function drained(socket: Socket): Promise<void> {
  const ready = new Event()
  const tell = (): void => ready.set()
  socket.on('drain', tell).on('close', tell)
  try {
    if (socket.writableNeedDrain) await ready.wait()
  } finally {
    socket.off('drain', tell).off('close', tell)
  }
}
