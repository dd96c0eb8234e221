import { hold, letGo } from '../lowlevel.ts'
import type { Holding, TaskRecord } from '../lowlevel.ts'

/** The resource behind a permit: told when the permit comes back, or when it never will. */
export interface Keeper {
  release(permit: OwnedPermit): void
  abandon(permit: OwnedPermit): void
}

/**
 * A permit that belongs to the task that took it, so that it is noticed when the task ends without
 * giving it back. Outside any task it belongs to nobody.
 *
 *   idle --take--> held --dispose--> spent
 *     ^             | |
 *     └----park-----┘ └--task ends--> spent
 */
export class OwnedPermit implements Disposable, Holding {
  /** Who holds it, or held it last. */
  task: TaskRecord | undefined = undefined
  nextHolding: Holding | undefined = undefined
  prevHolding: Holding | undefined = undefined
  readonly #keeper: Keeper
  #state: 'idle' | 'held' | 'spent' = 'idle'

  constructor(keeper: Keeper) {
    this.#keeper = keeper
  }

  /** False when it was disposed while it was parked: then nobody is left to give it back. */
  take(task: TaskRecord | undefined): boolean {
    if (this.#state === 'spent') return false
    this.#state = 'held'
    this.task = task
    if (task !== undefined) hold(task, this)
    return true
  }

  /** Gives it back for a while: whoever parks it takes it again. */
  park(): void {
    this.#state = 'idle'
    if (this.task !== undefined) letGo(this.task, this)
  }

  [Symbol.dispose](): void {
    const state = this.#state
    this.#state = 'spent'
    if (state !== 'held') return
    if (this.task !== undefined) letGo(this.task, this)
    this.#keeper.release(this)
  }

  abandoned(): void {
    this.#state = 'spent'
    this.#keeper.abandon(this)
  }
}
