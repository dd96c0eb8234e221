import type { Writable } from 'node:stream'
import { suspend, Waiter, WaitQueue, wake } from 'corral/lowlevel'

/**
 * Writes bytes to a process. A write waits until its bytes were taken, so a slow reader holds back its
 * writer. That the reader has gone is no error: `write` says so.
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
    sink.on('error', () => this.#wake()) // EPIPE, ECONNRESET: write() tells it
    sink.on('close', () => this.#wake())
  }

  /** Whether the other side has gone, or it was closed. */
  get closed(): boolean {
    return this.#sink.destroyed || this.#sink.writableEnded
  }

  /**
   * Writes all of it; false when nobody will read it any more.
   *
   * Cancellation: throws `Cancelled` and closes it: how much was taken nobody knows.
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
   * Says that nothing more comes, after what was written.
   *
   * Cancellation: throws `Cancelled`; what was not taken yet is dropped.
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
