import { refuse, requireDuration } from '../lowlevel.ts'
import { sleep } from '../scope/sleep.ts'
import { END } from './cursor.ts'
import type { Cursor, End } from './cursor.ts'
import { Stream } from './stream.ts'

export interface RangeOptions {
  /** How long each number takes to come, in milliseconds. Default: it is there at once. */
  readonly delay?: number
}

/**
 * The numbers from `from` up to, but excluding, `to`.
 *
 * Cancellation: ends the wait for a number.
 *
 * @param from the first number
 * @param to `Infinity` for no end
 * @example
 * await range(0, 3).toArray() // [0, 1, 2]
 * @see Python's range
 */
export function range(from: number, to: number, options: RangeOptions = {}): Stream<number> {
  const { delay } = options
  requireNumber('range: from', from)
  requireNumber('range: to', to)
  if (delay !== undefined) requireDuration('range: delay', delay)
  return new Stream({ open: () => new Range(from, to, delay) })
}

class Range implements Cursor<number> {
  #next: number
  #to: number
  readonly #delay: number | undefined

  constructor(from: number, to: number, delay: number | undefined) {
    this.#next = from
    this.#to = to
    this.#delay = delay
  }

  next(): number | End | Promise<number> {
    if (this.#next >= this.#to) return END
    if (this.#delay === undefined) return this.#next++
    return sleep(this.#delay).then(() => this.#next++)
  }

  close(): void {
    this.#to = -Infinity
  }
}

function requireNumber(where: string, value: number): void {
  if (typeof value !== 'number' || Number.isNaN(value)) refuse(where, 'a number', value)
}
