import { captureContext } from '../kernel/context.ts'
import { currentScope, livingScope } from '../kernel/current.ts'
import { report } from '../kernel/hooks.ts'
import type { ScopeNode } from '../kernel/records.ts'
import { Nursery } from './nursery.ts'
import type { Child } from './nursery.ts'
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
