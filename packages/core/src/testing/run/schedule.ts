import type { PendingWake } from './pending-wake.ts'

/** Decides which of the wake-ups held back is let through next. One is used for one run. */
export abstract class Schedule {
  /** Those held back, first come first. */
  protected readonly queue: PendingWake[] = []

  get size(): number {
    return this.queue.length
  }

  add(held: PendingWake): void {
    this.queue.push(held)
  }

  /**
   * Takes the next one. Undefined lets time move on, which it can only if `timers` is true; otherwise one
   * must be taken as long as any is held.
   */
  next(timers: boolean): PendingWake | undefined {
    if (this.queue.length === 0) return undefined
    const index = this.choose(timers)
    if (index < 0) return undefined
    const held = this.queue[index]
    for (let i = index + 1; i < this.queue.length; i++) {
      this.queue[i - 1] = this.queue[i] as PendingWake
    }
    this.queue.pop()
    if (held !== undefined) this.passed(held)
    return held
  }

  /** Time has jumped to the next timer. */
  jumped(): void {}

  /** The index of the one to take; -1 lets time move on. The queue is not empty. */
  protected abstract choose(timers: boolean): number

  protected passed(_held: PendingWake): void {}
}
