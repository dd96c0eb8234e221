import type { TaskRecord } from '../../kernel/records.ts'
import type { PendingWake } from '../run/pending-wake.ts'

/**
 * Names for wake-ups that stay when other tasks run in another order: which child of which child the
 * task is, and the how many-th wake-up of that task it is, such as `0.2#7`.
 */
export class WakeKeys {
  readonly #paths = new Map<TaskRecord | undefined, string>()
  readonly #children = new Map<TaskRecord | undefined, number>()
  readonly #wakes = new Map<TaskRecord | undefined, number>()

  /** The key of the wake-up that is held next: to be asked in the order of their numbers. */
  next(held: PendingWake): string {
    const { task } = held
    const count = this.#wakes.get(task) ?? 0
    this.#wakes.set(task, count + 1)
    return `${this.#pathOf(task)}#${count}`
  }

  #pathOf(task: TaskRecord | undefined): string {
    const known = this.#paths.get(task)
    if (known !== undefined) return known
    const parent = task?.scope.parent?.task
    const index = this.#children.get(parent) ?? 0
    this.#children.set(parent, index + 1)
    const path = parent === undefined ? `${index}` : `${this.#pathOf(parent)}.${index}`
    this.#paths.set(task, path)
    return path
  }
}
