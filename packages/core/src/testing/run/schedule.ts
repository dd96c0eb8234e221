import type { PendingWake } from './pending-wake.ts'

/** So often one wake-up may be overtaken by those who only give others a turn: no scheduler is that unfair. */
const FAIR = 100

/** Decides which of the wake-ups held back is let through next. One is used for one run. */
export abstract class Schedule {
  /** Those held back, first come first. */
  protected readonly queue: PendingWake[] = []
  #starts = 0

  get size(): number {
    return this.queue.length
  }

  /** Those that are held back now; at the end of a run, those that were never let through. */
  get left(): readonly PendingWake[] {
    return this.queue
  }

  /** The one that is held back longest. */
  get eldest(): PendingWake | undefined {
    return this.queue[0]
  }

  /** Whether a task is to start: that takes no time, on any machine. */
  get hasStart(): boolean {
    return this.#starts > 0
  }

  add(held: PendingWake): void {
    this.queue.push(held)
    if (held.kind === 'start') this.#starts += 1
  }

  /** Forgets one that will never be let through. */
  remove(held: PendingWake): void {
    const index = this.queue.indexOf(held)
    if (index >= 0) this.#take(index)
  }

  /**
   * Takes the next one. Undefined lets time move on, which it can only if `timers` is true; otherwise one
   * must be taken as long as any is held.
   */
  next(timers: boolean): PendingWake | undefined {
    const eldest = this.queue[0]
    if (eldest === undefined) return undefined
    const starved = eldest.yieldedPast >= FAIR
    const index = starved ? 0 : this.choose(timers)
    if (index < 0) return undefined
    const held = this.#take(index)
    if (index > 0 && held.yields) eldest.yieldedPast += 1
    this.passed(held)
    return held
  }

  /** Time has jumped to the next timer, which may be one of this moment. */
  jumped(moved: boolean): void {
    const eldest = this.queue[0]
    if (eldest !== undefined && !moved) eldest.yieldedPast += 1
  }

  #take(index: number): PendingWake {
    const held = this.queue[index] as PendingWake
    for (let i = index + 1; i < this.queue.length; i++) {
      this.queue[i - 1] = this.queue[i] as PendingWake
    }
    this.queue.pop()
    if (held.kind === 'start') this.#starts -= 1
    return held
  }

  /** The index of the one to take; -1 lets time move on. The queue is not empty. */
  protected abstract choose(timers: boolean): number

  protected passed(_held: PendingWake): void {}
}
