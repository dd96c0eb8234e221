import type { TaskRecord } from '../../kernel/records.ts'
import type { PendingWake } from '../run/pending-wake.ts'
import { Schedule } from '../run/schedule.ts'
import { seededRandom } from '../run/seeded-random.ts'
import type { Trace } from '../run/trace.ts'
import type { Known, Probe } from './strategy.ts'

/**
 * Probabilistic concurrency testing: each task has a random priority, and at a few random steps the one
 * that would go on falls below all others. A bug that needs `depth` orderings among `tasks` tasks in
 * `steps` steps is found with a chance of at least 1 / (tasks * steps ** (depth - 1)). Time has a priority
 * too: tasks below it go on as late as they may.
 *
 * @see Burckhardt, Kothari, Musuvathi, Nagarakatte: A Randomized Scheduler with Probabilistic Guarantees
 * of Finding Bugs, 2010
 */
export class PctSchedule extends Schedule {
  readonly #random: () => number
  readonly #priorities = new Map<TaskRecord | undefined, number>()
  readonly #changes = new Set<number>()
  readonly #time: number
  #step = 0
  #lowest = 0

  /** @param steps how many steps the run is expected to have */
  constructor(random: () => number, depth: number, steps: number) {
    super()
    this.#random = random
    this.#time = random() < 0.5 ? 0 : 1 + random()
    for (let i = 1; i < depth; i++) this.#changes.add(Math.floor(random() * steps))
  }

  override add(held: PendingWake): void {
    super.add(held)
    if (!this.#priorities.has(held.task)) this.#priorities.set(held.task, 1 + this.#random())
  }

  protected choose(timers: boolean): number {
    let best = this.#best()
    if (this.#changes.has(this.#step++)) {
      this.#priorities.set(this.queue[best]?.task, --this.#lowest)
      best = this.#best()
    }
    return timers && this.#priorityAt(best) < this.#time ? -1 : best
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

/** Any of those held back, each as likely as the others; time moves on past them now and then. */
export class RandomSchedule extends Schedule {
  readonly #random: () => number
  readonly #rush: number

  constructor(random: () => number) {
    super()
    this.#random = random
    this.#rush = [1 / 16, 1 / 4, 1 / 2][Math.floor(random() * 3)] as number
  }

  protected choose(timers: boolean): number {
    if (timers && this.#random() < this.#rush) return -1
    return Math.floor(this.#random() * this.queue.length)
  }
}

/** Random priorities with one to three changes, a third of the runs each. */
export function* pct({ base, random }: Known): Generator<Probe, void, Trace> {
  for (let i = 0; ; i++) {
    const seed = Math.floor(random() * 2 ** 32)
    yield {
      schedule: () => new PctSchedule(seededRandom(seed), 2 + (i % 3), base.length),
    }
  }
}

/** Any order, as chance has it. */
export function* randomWalks({ random }: Known): Generator<Probe, void, Trace> {
  for (;;) {
    const seed = Math.floor(random() * 2 ** 32)
    yield { schedule: () => new RandomSchedule(seededRandom(seed)) }
  }
}
