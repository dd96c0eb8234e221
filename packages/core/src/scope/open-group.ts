import { report } from '../kernel/hooks.ts'
import { handled } from './handled.ts'
import { Nursery } from './nursery.ts'
import { openScope } from './scoped.ts'
import { TaskGroup } from './task-group.ts'

/**
 * The block form of `taskGroup`: leaving the block without `await group.join()` cancels the tasks and
 * awaits them. A task's failure cancels the others; the block itself learns of it at `join`.
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
  return new OpenGroup(new Nursery(openScope(options.name ?? 'openGroup'), finishForgotten))
}

/** Nobody is left to be told of its failure by `join`. */
function finishForgotten(nursery: Nursery): void {
  nursery.finish()
  if (nursery.failed) report(nursery.failure)
}

class OpenGroup extends TaskGroup implements AsyncDisposable {
  readonly #nursery: Nursery

  constructor(nursery: Nursery) {
    super(nursery)
    this.#nursery = nursery
  }

  override join(): Promise<void> {
    return handled(async () => {
      const nursery = this.#nursery
      try {
        await super.join()
      } finally {
        while (nursery.live > 0) await nursery.join()
        nursery.finish()
      }
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const nursery = this.#nursery
    if (nursery.closed) return
    this.cancel('its block was left')
    do await nursery.join()
    while (nursery.live > 0)
    nursery.finish()
    if (nursery.failed) throw nursery.failure
  }
}
