import { BusyError } from 'corral'
import type { LineSplitter } from './line-splitter.ts'

/** Where lines come from. */
export interface LineSource {
  /** The next bytes; undefined at the end. */
  read(): Promise<Buffer | undefined>
  /** The loop was left, or a read failed: takes the bytes of the lines that nobody took. */
  leave(rest: Buffer): unknown
}

const DONE: IteratorResult<never, void> = { done: true, value: undefined }

/** A loop over lines. Written out, as a generator costs three times as much for each line. */
export class LineIterator implements AsyncIterableIterator<string, void, void> {
  readonly #splitter: LineSplitter
  readonly #source: LineSource
  #lines: readonly string[] = []
  #taken = 0
  #isReading = false
  #isOver = false

  constructor(splitter: LineSplitter, source: LineSource) {
    this.#splitter = splitter
    this.#source = source
  }

  next(): Promise<IteratorResult<string, void>> {
    if (this.#taken < this.#lines.length) {
      return Promise.resolve({ done: false, value: this.#lines[this.#taken++] as string })
    }
    return this.#more()
  }

  async return(): Promise<IteratorResult<string, void>> {
    if (this.#isOver) return DONE
    this.#isOver = true
    const rest = this.#splitter.rest(this.#taken)
    this.#lines = []
    await this.#source.leave(rest)
    return DONE
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  async #more(): Promise<IteratorResult<string, void>> {
    if (this.#isReading) throw new BusyError('lines: somebody waits for the next one already')
    if (this.#isOver) return DONE
    this.#isReading = true
    try {
      do {
        const chunk = await this.#source.read()
        if (this.#isOver) {
          if (chunk !== undefined) await this.#source.leave(chunk)
          return DONE
        }
        if (chunk === undefined) return this.#end()
        this.#lines = []
        this.#taken = 0
        this.#lines = this.#splitter.push(chunk)
      } while (this.#lines.length === 0)
      return { done: false, value: this.#lines[this.#taken++] as string }
    } catch (error) {
      await this.return()
      throw error
    } finally {
      this.#isReading = false
    }
  }

  #end(): IteratorResult<string, void> {
    this.#isOver = true
    const value = this.#splitter.end()
    return value === undefined ? DONE : { done: false, value }
  }
}
