import { Schedule } from '../run/schedule.ts'

/** Takes given choices first and the oldest after that, and notes how many choices there were. */
export class PrefixSchedule extends Schedule {
  readonly #prefix: readonly number[]
  /** What was taken at each choice: an index into those held back. */
  readonly taken: number[] = []
  /** Out of how many. */
  readonly widths: number[] = []

  constructor(prefix: readonly number[]) {
    super()
    this.#prefix = prefix
  }

  protected choose(): number {
    const index = this.#prefix[this.taken.length] ?? 0
    this.taken.push(index)
    this.widths.push(this.queue.length)
    return index
  }
}
