import { readSync, writeSync } from 'node:fs'
import type { Marks } from './marks.ts'

/** Bytes of a reason that are told. */
const LONGEST = 1_000
const REASON = 12

/**
 * In a small file that two processes have open: id cancelled, id noticed, length of the reason, reason. A look is a
 * system call, so one is taken each millisecond at the most.
 */
export class FileMarks implements Marks {
  readonly #fd: number
  readonly #pause: number
  readonly #look: () => void
  #cancelled = 0
  #lookedAt = -Infinity

  /**
   * @param pause how long a look counts, in milliseconds
   * @param look what else is to be looked at then
   */
  constructor(fd: number, pause: number = 0, look: () => void = () => {}) {
    this.#fd = fd
    this.#pause = pause
    this.#look = look
  }

  cancelled(): number {
    const now = performance.now()
    if (now - this.#lookedAt < this.#pause) return this.#cancelled
    this.#lookedAt = now
    this.#look()
    return (this.#cancelled = this.#read(0))
  }

  noticed(): number {
    return this.#read(4)
  }

  cancel(id: number, reason: string | undefined): void {
    const bytes = Buffer.from(reason ?? '').subarray(0, LONGEST)
    writeSync(this.#fd, bytes, 0, bytes.length, REASON)
    this.#write(8, reason === undefined ? -1 : bytes.length)
    this.#write(0, id)
  }

  notice(id: number): void {
    this.#write(4, id)
  }

  reason(): string | undefined {
    const length = this.#read(8)
    if (length < 0) return undefined
    const bytes = Buffer.alloc(Math.min(length, LONGEST))
    readSync(this.#fd, bytes, 0, bytes.length, REASON)
    return bytes.toString()
  }

  #read(at: number): number {
    const bytes = Buffer.alloc(4)
    readSync(this.#fd, bytes, 0, 4, at)
    return bytes.readInt32LE()
  }

  #write(at: number, value: number): void {
    const bytes = Buffer.alloc(4)
    bytes.writeInt32LE(value)
    writeSync(this.#fd, bytes, 0, 4, at)
  }
}
