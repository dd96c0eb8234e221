import { currentScope, livingScope } from '../kernel/current.ts'
import { report } from '../kernel/hooks.ts'
import { captureContext } from '../kernel/platform.ts'
import type { ScopeNode, ScopeResource } from '../kernel/records.ts'
import { propagateCancellation } from '../kernel/cancellation.ts'
import { attach, closeScope, detach, track, untrack } from '../kernel/scope-tree.ts'
import { openScope } from './cancel-scope.ts'
import { Nursery } from './nursery.ts'
import type { Child } from './nursery.ts'
import { shield } from './shield.ts'
import { TaskNode } from './task-node.ts'
import { Task } from './task.ts'

/**
 * The place where an object was made: its task, and all that travels along the awaits there. What the
 * object does on behalf of everybody it does here, and not in the context of whoever asked first.
 *
 * Made outside any task, or when its task has ended, it stands at the root.
 */
export class HomeContext {
  readonly #enter = captureContext()

  /** Calls `fn` there. */
  run<R>(fn: () => R): R {
    return this.#enter(fn)
  }

  /**
   * Starts a task there. The owner waits for it before it ends, and cancels it when it is cancelled
   * itself; how it went is told to `ended`, at that moment, and to nobody else. An owner that is failing
   * takes it too: it may be cleanup.
   */
  spawn<T>(
    name: string,
    fn: () => PromiseLike<T> | T,
    ended: (task: Child & { readonly value: T | undefined }) => void,
  ): Task<T> {
    const asker = currentScope()
    return this.#enter(() => {
      const home = (livingScope()?.task as TaskNode | undefined)?.nursery
      if (home !== undefined) home.live += 1
      const task = new TaskNode<T>(home?.scope ?? rootOf(asker), fn, name)
      task.parent = new BackgroundTask(task, home, ended as (task: Child) => void)
      return new Task(task)
    })
  }
}

/** Stands between a task and its owner: it keeps the owner waiting, and the failure from it. */
class BackgroundTask extends Nursery {
  readonly #home: Nursery | undefined
  readonly #told: (task: Child) => void

  constructor(task: TaskNode, home: Nursery | undefined, told: (task: Child) => void) {
    super(task.scope)
    this.#home = home
    this.#told = told
  }

  override childEnded(child: Child): void {
    try {
      this.#told(child)
    } catch (error) {
      report(error) // what the owner was told ended all the same: it must not wait for ever
    }
    this.#home?.removeChild()
  }
}

/** The root of the runtime that the asker is in, so that a test run has its own. */
function rootOf(scope: ScopeNode): ScopeNode {
  let top = scope
  while (top.parent !== undefined) top = top.parent
  return top
}

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
