import { Nursery } from './nursery.ts'
import { openScope } from './scoped.ts'
import { finish, TaskGroup } from './task-group.ts'

/**
 * The block form of `taskGroup`: leaving the block without `await group.join()` cancels the tasks and
 * awaits them. A task's failure cancels the others; the block itself hears of it at `join`.
 *
 * Cancellation: reaches every task; `join` and the end of the block await them.
 *
 * @throws the first failure, from `join` or from the end of the block
 * @example
 * await using group = openGroup()
 * group.spawn(() => sleep(10))
 * await group.join()
 */
export function openGroup(options: { readonly name?: string } = {}): TaskGroup & AsyncDisposable {
  return new OpenGroup(new Nursery(openScope(options.name ?? 'openGroup')))
}

class OpenGroup extends TaskGroup implements AsyncDisposable {
  readonly #nursery: Nursery

  constructor(nursery: Nursery) {
    super(nursery)
    this.#nursery = nursery
  }

  override async join(): Promise<void> {
    try {
      await super.join()
    } finally {
      finish(this.#nursery)
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#nursery.closed) return
    this.cancel('its block was left')
    await this.#nursery.join()
    finish(this.#nursery)
    if (this.#nursery.failed) throw this.#nursery.failure
  }
}
