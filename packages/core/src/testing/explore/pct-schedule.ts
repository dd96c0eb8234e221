import type { TaskRecord } from '../../kernel/records.ts'
import type { PendingWake } from '../run/pending-wake.ts'
import { Schedule } from '../run/schedule.ts'

/**
 * Probabilistic concurrency testing: each task has a random priority, and at a few random steps the one
 * that would go on falls below all others. A bug that needs `depth` orderings among `tasks` tasks in
 * `steps` steps is found with a chance of at least 1 / (tasks * steps ** (depth - 1)).
 *
 * @see Burckhardt, Kothari, Musuvathi, Nagarakatte: A Randomized Scheduler with Probabilistic Guarantees
 * of Finding Bugs, 2010
 */
export class PctSchedule extends Schedule {
  readonly #random: () => number
  readonly #priorities = new Map<TaskRecord | undefined, number>()
  readonly #changes = new Set<number>()
  #step = 0
  #lowest = 0

  /** @param steps how many steps the run is expected to have */
  constructor(random: () => number, depth: number, steps: number) {
    super()
    this.#random = random
    for (let i = 1; i < depth; i++) this.#changes.add(Math.floor(random() * steps))
  }

  override add(held: PendingWake): void {
    super.add(held)
    if (!this.#priorities.has(held.task)) this.#priorities.set(held.task, 1 + this.#random())
  }

  protected choose(timers: boolean): number {
    const change = this.#changes.has(this.#step++)
    let best = this.#best()
    if (change) {
      this.#priorities.set(this.queue[best]?.task, --this.#lowest)
      if (timers && this.queue.length === 1) return -1
      best = this.#best()
    }
    return best
  }

  #best(): number {
    let best = 0
    for (let i = 1; i < this.queue.length; i++) {
      if (this.#priorityAt(i) > this.#priorityAt(best)) best = i
    }
    return best
  }

  #priorityAt(index: number): number {
    return this.#priorities.get(this.queue[index]?.task) ?? 0
  }
}
