import { track, untrack } from '../lowlevel.ts'
import type { ScopeResource, TaskRecord } from '../lowlevel.ts'

/** The resource behind a permit: told when the permit comes back, or when its task ends first. */
export interface Keeper {
  release(permit: OwnedPermit): void
  abandon(permit: OwnedPermit): void
}

/**
 * A permit that belongs to the task that asked for it, so that it is noticed when the task ends without
 * giving it back. Outside any task it belongs to nobody.
 *
 *   idle --take--> held --dispose-----------------> spent
 *     ^             | |                               ^
 *     └----park-----┘ └--task ends--> abandoned --dispose
 */
export class OwnedPermit implements Disposable, ScopeResource {
  /** Nobody else may hold one at the same time. */
  readonly exclusive: boolean
  /** Who holds it, or held it last. */
  task: TaskRecord | undefined
  nextResource: ScopeResource | undefined
  prevResource: ScopeResource | undefined
  readonly #keeper: Keeper
  #held = false
  #abandoned = false
  #disposed = false

  constructor(keeper: Keeper, exclusive: boolean, task: TaskRecord | undefined) {
    this.#keeper = keeper
    this.exclusive = exclusive
    this.task = task
  }

  /** False when it was disposed while it was parked: then nobody is left to give it back. */
  take(): boolean {
    if (this.#disposed) return false
    this.#held = true
    if (this.task?.scope.closed === false) track(this.task, this)
    else this.task = undefined // it has ended, or there is none
    return true
  }

  /** Gives it back for a while: whoever parks it takes it again. */
  park(): void {
    if (!this.#held) return
    this.#held = false
    if (this.task !== undefined && !this.#abandoned) untrack(this.task, this)
    this.#keeper.release(this)
  }

  [Symbol.dispose](): void {
    this.#disposed = true
    this.park()
  }

  onOwnerExit(): void {
    this.#abandoned = true
    this.#keeper.abandon(this)
  }
}
