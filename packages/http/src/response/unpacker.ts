import type { Transform } from 'node:stream'
import { currentScope, suspend, Waiter, wake } from 'corral/lowlevel'
import { Deadline } from '../deadline.ts'

/** What comes next: bytes, `hungry` when it takes input, `over` when the coded data has ended, `cut` when it has not and there is no more. */
export type Unpacked = Uint8Array | 'hungry' | 'over' | 'cut'

/**
 * A stream of zlib that is fed a chunk, and no other until all that it unpacks to was taken: so it holds two chunks at most,
 * however much a small body unpacks to.
 *
 * zlib calls back for a chunk, or says that it has ended, failed or closed; for a chunk with something behind the coded data
 * it does not call back at all. Whichever comes first wakes who waits, and when none does the patience is over.
 */
export class Unpacker {
  /** Bytes that it was fed. */
  fed = 0
  readonly #stream: Transform & { readonly bytesWritten?: number }
  readonly #patience: number
  #waiter: Waiter | undefined
  #failure: Error | undefined
  #hungry = true
  #finished = false
  #ended = false
  #size = 0

  /** @param patience milliseconds to wait for it at most */
  constructor(stream: Transform, patience: number) {
    this.#stream = stream
    this.#patience = patience
    const wakeUp = (): void => this.#wake()
    stream.on('readable', wakeUp)
    stream.on('end', () => {
      this.#ended = true
      wakeUp()
    })
    stream.on('error', (error) => {
      this.#failure ??= error
      wakeUp()
    })
    stream.on('close', () => {
      if (!this.#ended) this.#failure ??= new Error('the decoder closed')
      wakeUp()
    })
  }

  /** Bytes that it was fed and that it took for no part of the coded data. */
  get unused(): number {
    return this.fed - (this.#stream.bytesWritten ?? this.fed)
  }

  feed(input: Uint8Array): void {
    this.fed += input.length
    this.#hungry = false
    this.#stream.write(input, () => {
      this.#hungry = true
      this.#wake()
    })
  }

  /** No input is left. */
  finish(): void {
    this.#hungry = false
    this.#finished = true
    this.#stream.end()
  }

  /**
   * Cancellation: throws at once; the stream is for its owner to destroy.
   *
   * @throws what the stream fails with
   */
  async next(): Promise<Unpacked> {
    for (;;) {
      if (this.#failure !== undefined) {
        if (this.#isCut && this.#size > 0) return 'cut'
        throw this.#failure
      }
      const chunk = this.#stream.read() as Uint8Array | null
      if (chunk !== null) {
        this.#size += chunk.length
        return chunk
      }
      if (this.#ended) return 'over'
      if (this.#hungry) return 'hungry'
      await this.#progress()
    }
  }

  /** All that it was fed was right, and it waits for more. */
  get #isCut(): boolean {
    return (
      this.#finished && (this.#failure as { code?: unknown } | undefined)?.code === 'Z_BUF_ERROR'
    )
  }

  destroy(): void {
    this.#stream.destroy()
  }

  async #progress(): Promise<void> {
    const waiter = new Waiter('HttpResponse.decode', this)
    const { clock } = currentScope().runtime
    const deadline = new Deadline(clock, Infinity, () => {
      this.#failure ??= new Error(`the decoder said nothing for ${this.#patience} ms`)
      this.#wake()
    })
    deadline.phase(this.#patience)
    this.#waiter = waiter
    try {
      await suspend(waiter)
    } finally {
      this.#waiter = undefined
      deadline.stop()
    }
  }

  #wake(): void {
    if (this.#waiter !== undefined) wake(this.#waiter, undefined)
  }
}
