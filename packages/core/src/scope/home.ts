import { currentScope, livingScope } from '../kernel/current.ts'
import { report } from '../kernel/hooks.ts'
import { captureContext } from '../kernel/platform.ts'
import { setShield } from '../kernel/cancellation.ts'
import type { ScopeNode, ScopeResource } from '../kernel/records.ts'
import { closeScope, track, untrack } from '../kernel/scope-tree.ts'
import { Nursery, nurseryOf } from './nursery.ts'
import { currentProgram } from './program.ts'
import { openScope } from './scoped.ts'
import { shield } from './shield.ts'
import { TaskNode } from './task-node.ts'
import type { TaskParent } from './task-node.ts'
import { nodeOf, Task } from './task.ts'

/** How work is begun on behalf of others. */
export interface BackgroundOptions {
  /** Where it was asked for. Default: here. */
  readonly asker?: ScopeNode
  /** What the work is done for; `holdersAround` finds it. */
  readonly holder?: object
}

/**
 * The place where an object was made: its task, and all that travels along the awaits there. What the
 * object does on behalf of everybody it does here, and not in the context of whoever asked first.
 *
 * Made outside any scope, or when that has ended, its work belongs to the `run` of whoever asks for it.
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
    ended: (task: TaskNode<T>) => void,
    { asker = currentScope(), holder }: BackgroundOptions = {},
  ): Task<T> {
    return this.#enter(() => {
      const scope = livingScope() ?? currentProgram(asker)?.scope ?? rootOf(asker)
      const task = TaskNode.launch<T>(scope, fn, name)
      task.parent = new BackgroundTask(scope, ended as (task: TaskNode) => void, holder)
      return new Task(task)
    })
  }
}

/** Stands between a task and its owner: it keeps the owner waiting, and the failure from it. */
class BackgroundTask implements TaskParent {
  readonly holder: object | undefined
  readonly #home: Nursery | undefined
  readonly #told: (task: TaskNode) => void

  constructor(scope: ScopeNode, told: (task: TaskNode) => void, holder: object | undefined) {
    this.holder = holder
    this.#home = scope.parent === undefined ? undefined : nurseryOf(scope)
    this.#home?.hold()
    this.#told = told
  }

  childEnded(child: TaskNode): void {
    try {
      this.#told(child)
    } catch (error) {
      report(error) // what the owner was told ended all the same: it must not wait for ever
    }
    this.#home?.release()
  }
}

/** On whose behalf the tasks around a scope work, innermost first. */
export function holdersAround(scope: ScopeNode): object[] {
  const holders: object[] = []
  for (let around: ScopeNode | undefined = scope; around !== undefined; around = around.parent) {
    const parent = (around.task as TaskNode | undefined)?.parent
    const holder = parent instanceof BackgroundTask ? parent.holder : undefined
    if (holder !== undefined && holder !== holders.at(-1)) holders.push(holder)
  }
  return holders
}

/** Keeps a task from the cancellation of its owner, or lets it through. Its own cancel is not hidden. */
export function setTaskShield(task: Task<unknown>, shield: boolean): void {
  const { scope, state } = nodeOf(task)
  if (scope.closed || (scope.cancelledBy !== undefined && state !== 'pending')) return // it is too late
  // Where nothing is cancelled there is nothing to hide, nor to let through: no walk is needed.
  if (scope.parent?.cancelledBy === undefined) scope.shield = shield
  else setShield(scope, shield)
}

/** The root of the runtime that the asker is in. */
function rootOf(scope: ScopeNode): ScopeNode {
  let top = scope
  while (top.parent !== undefined) top = top.parent
  return top
}

/** No body runs in the scope of a stream: the end of the scope around it closes it. */
function leave(): void {}

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
    this.scope = new Nursery(openScope('stream', home), leave).scope
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

  /** It is closed while the scope still lives, which waits for it. */
  onBodyEnd(): void {
    if (this.#busy() || this.#home.scope.closed) return
    untrack(this.#home, this)
    this.#closeIn(this.#home.scope)
  }

  onOwnerExit(): void {
    if (this.#task.ended) this.#close().catch(report)
    else this.#closeIn(this.#task.scope)
  }

  #closeIn(scope: ScopeNode): void {
    const closing = TaskNode.launch(scope, () => shield(this.#close), 'close')
    nurseryOf(scope).adopt(closing)
  }
}
