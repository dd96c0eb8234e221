import { Schedule } from '../run/schedule.ts'

/** How often time moves on although somebody could go on: once in so many steps. */
const RUSH = 16

/** Any of those held back, each as likely as the others. */
export class RandomSchedule extends Schedule {
  readonly #random: () => number

  constructor(random: () => number) {
    super()
    this.#random = random
  }

  protected choose(timers: boolean): number {
    if (timers && this.#random() * RUSH < 1) return -1
    return Math.floor(this.#random() * this.queue.length)
  }
}
