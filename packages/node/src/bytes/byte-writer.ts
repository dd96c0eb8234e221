import type { Writable } from 'node:stream'
import { suspend, Waiter, WaitQueue, wake } from 'corral/lowlevel'

/**
 * Writes bytes to a process. A write waits until its bytes are accepted, so a slow reader applies back-pressure. A
 * reader that is gone is not an error: `write` returns false.
 *
 * @example
 * await using child = await openProcess('sort', [], { stdin: 'pipe' })
 * await child.stdin.write('b\na\n')
 * await child.stdin.close()
 */
export class ByteWriter {
  readonly #sink: Writable
  readonly #line = new WaitQueue()

  /** @internal */
  constructor(sink: Writable) {
    this.#sink = sink
    sink.on('error', () => this.#wake()) // EPIPE, ECONNRESET: write() reports it
    sink.on('close', () => this.#wake())
  }

  /** Whether the other side is gone, or this writer was closed. */
  get closed(): boolean {
    return this.#sink.destroyed || this.#sink.writableEnded
  }

  /**
   * Writes all of it; returns false when the reader is gone.
   *
   * Cancellation: throws `Cancelled` and closes it: it is unknown how much was accepted.
   */
  async write(bytes: string | Uint8Array): Promise<boolean> {
    if (this.closed) return false
    const outcome: { taken?: boolean } = {}
    this.#sink.write(bytes, (error) => {
      outcome.taken = !error
      this.#wake()
    })
    try {
      while (outcome.taken === undefined && !this.#sink.destroyed) {
        await this.#wait('ByteWriter.write')
      }
    } catch (error) {
      this.destroy()
      throw error
    }
    return outcome.taken === true
  }

  /**
   * Signals the end of input, after what was written.
   *
   * Cancellation: throws `Cancelled`; what was not accepted yet is dropped.
   */
  async close(): Promise<void> {
    if (!this.#sink.destroyed) this.#sink.end(() => this.#wake())
    try {
      while (!this.#sink.writableFinished && !this.#sink.destroyed) {
        await this.#wait('ByteWriter.close')
      }
    } catch (error) {
      this.destroy()
      throw error
    }
  }

  get [Symbol.toStringTag](): string {
    return 'ByteWriter'
  }

  /** @internal */
  destroy(): void {
    this.#sink.destroy()
  }

  #wait(kind: string): Promise<void> {
    return suspend(new Waiter(kind, this, this.#line))
  }

  #wake(): void {
    for (const waiter of this.#line) wake(waiter, undefined)
  }
}
