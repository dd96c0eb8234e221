import type { Duplex } from 'node:stream'
import { BrokenError, ClosedError, MisuseError } from 'corral'
import type { MemoryTransport } from '../transport/memory-transport.ts'

/** A response as the client sees it. */
export class TestResponse implements AsyncIterable<Buffer> {
  readonly #transport: MemoryTransport

  /** Made by `testClient`, not by hand. */
  constructor(transport: MemoryTransport) {
    this.#transport = transport
  }

  get status(): number {
    return this.#transport.status
  }

  /**
   * The client's end of a connection that was switched to another protocol; the 101 arrives on it as bytes.
   *
   * @throws MisuseError when it was not switched
   */
  get socket(): Duplex {
    const { socket } = this.#transport
    if (socket !== undefined) return socket
    throw new MisuseError(
      `TestResponse.socket: the answer is ${this.status}, and the connection as it was`,
    )
  }

  /** Names in lower case. */
  get headers(): Readonly<Record<string, string | readonly string[] | number>> {
    return this.#transport.replyHeaders
  }

  /**
   * The body chunk by chunk; the server is held back while it is not read.
   *
   * @throws BrokenError when the server cut it off
   */
  async *[Symbol.asyncIterator](): AsyncGenerator<Buffer> {
    const { pieces } = this.#transport
    for (;;) {
      let piece: Buffer
      try {
        piece = await pieces.get()
      } catch (error) {
        if (!(error instanceof ClosedError)) throw error
        if (!this.#transport.broken) return
        throw new BrokenError('TestResponse: the answer is not complete; the server cut it off')
      }
      yield piece
    }
  }

  async text(): Promise<string> {
    const pieces: Buffer[] = []
    for await (const piece of this) pieces.push(piece)
    return Buffer.concat(pieces).toString('utf8')
  }

  async json(): Promise<unknown> {
    return JSON.parse(await this.text()) as unknown
  }
}
