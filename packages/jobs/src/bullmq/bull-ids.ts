import { randomBytes } from 'node:crypto'

/** Ids that sort by when they were made, within a process exactly. None is a number: those are BullMQ's. */
export class BullIds {
  #last = 0
  #count = 0
  readonly #own = randomBytes(4).toString('hex')

  next(): string {
    const now = Math.max(this.#last, Date.now())
    this.#count = now === this.#last ? this.#count + 1 : 0
    this.#last = now
    const [time, count] = [now.toString(36).padStart(9, '0'), this.#count.toString(36)]
    return `${time}-${count.padStart(5, '0')}-${this.#own}`
  }
}
