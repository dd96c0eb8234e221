import { hold, letGo } from '../kernel/holdings.ts'
import { report } from '../kernel/hooks.ts'
import type { Holding, ScopeNode } from '../kernel/records.ts'
import { shield } from './shield.ts'
import { TaskNode } from './task-node.ts'

/**
 * Something that was opened in a scope and must be closed, such as a loop over a stream. When the scope
 * ends first, it is closed then, by a task that the task of the scope waits for.
 */
export class Attendant implements Holding {
  nextHolding: Holding | undefined = undefined
  prevHolding: Holding | undefined = undefined
  readonly #scope: ScopeNode
  readonly #task: TaskNode
  readonly #busy: () => boolean
  readonly #close: () => Promise<unknown>

  /**
   * @param scope has a task
   * @param busy somebody still uses it, who is not waited for: then it is left to the end of the scope
   */
  constructor(scope: ScopeNode, busy: () => boolean, close: () => Promise<unknown>) {
    this.#scope = scope
    this.#task = scope.task as TaskNode
    this.#busy = busy
    this.#close = close
    hold(this, this)
  }

  get scope(): ScopeNode {
    return this.#scope
  }

  /** It was closed by its user. */
  release(): void {
    letGo(this, this)
  }

  bodyEnded(): void {
    if (this.#busy()) return
    this.release()
    this.abandoned()
  }

  abandoned(): void {
    if (this.#task.ended) {
      this.#close().catch(report)
      return
    }
    const { nursery } = this.#task
    nursery.live += 1
    const closing = new TaskNode(nursery.scope, () => shield(this.#close), 'close')
    closing.parent = nursery
  }
}
