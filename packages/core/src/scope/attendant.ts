import { track, untrack } from '../kernel/holdings.ts'
import { report } from '../kernel/hooks.ts'
import type { ScopeResource, ScopeNode } from '../kernel/records.ts'
import { attach, closeScope, detach, propagateCancellation } from '../kernel/scope-tree.ts'
import { openScope } from './scoped.ts'
import { shield } from './shield.ts'
import { TaskNode } from './task-node.ts'

/**
 * Something that was opened in a scope and must be closed, such as a walk over a stream. When the scope
 * ends first, it is closed then, by a task that the task of the scope waits for.
 */
export class AutoClose implements ScopeResource {
  nextResource: ScopeResource | undefined
  prevResource: ScopeResource | undefined
  /** Where its own tasks live. */
  readonly scope: ScopeNode
  readonly #home: { readonly scope: ScopeNode }
  readonly #task: TaskNode
  readonly #busy: () => boolean
  readonly #close: () => Promise<unknown>

  /**
   * @param home has a task
   * @param busy somebody uses it right now who is not waited for: then what he waits for is given up first
   */
  constructor(home: ScopeNode, busy: () => boolean, close: () => Promise<unknown>) {
    this.scope = openScope('stream', home)
    this.#home = { scope: home }
    this.#task = home.task as TaskNode
    this.#busy = busy
    this.#close = close
    track(this.#home, this)
  }

  /** It has been closed. */
  release(): void {
    untrack(this.#home, this)
    closeScope(this.scope)
  }

  /** What is in it moves to the task, so that it can be closed after the scope has ended. */
  onBodyEnd(): void {
    if (this.#busy() || this.#task.ended) return
    untrack(this.#home, this)
    if (this.#home.scope !== this.#task.scope) {
      detach(this.scope)
      attach(this.scope, this.#task.scope)
      propagateCancellation(this.scope)
    }
    this.onOwnerExit()
  }

  onOwnerExit(): void {
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
