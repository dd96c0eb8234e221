import { probeScope } from '../diagnostics/probe.ts'
import { MisuseError, TaskCancelledError } from '../errors.ts'
import { currentScope } from '../kernel/current.ts'
import type { TaskRecord, TaskStatus } from '../kernel/records.ts'
import { cancelScope } from '../kernel/cancellation.ts'
import { ready } from '../kernel/suspend.ts'
import { handled } from './handled.ts'
import type { TaskNode } from './task-node.ts'

let nodeOf: <T>(task: Task<T>) => TaskNode<T>

/**
 * A running piece of work, made by `spawn`. Await it for its result: its own error if it failed,
 * `TaskCancelledError` if it was cancelled. Its group waits for it whether it is awaited or not.
 *
 * Cancellation: awaiting it can be cancelled; that leaves the task running.
 *
 * @example
 * const task = spawn(() => sleep(10))
 * await task
 * @see asyncio.Task, Kotlin's Deferred
 */
export class Task<T> implements PromiseLike<T> {
  static {
    nodeOf = (task) => task.#node
  }

  readonly #node: TaskNode<T>

  /** Made by `spawn`, not by hand. */
  constructor(node: TaskNode<T>) {
    this.#node = node
    node.handle = this
  }

  get id(): number {
    return this.#node.id
  }

  get name(): string {
    return this.#node.name
  }

  get status(): TaskStatus {
    return this.#node.status
  }

  /** Cancels this task and all below it, not its group. False when it had ended or was cancelled already. */
  cancel(reason?: unknown): boolean {
    const { scope, ended } = this.#node
    if (ended || scope.cancelledBy !== undefined || scope.cancelCalled) return false
    cancelScope(scope, reason)
    return true
  }

  then<A = T, B = never>(
    onFulfilled?: ((value: T) => A | PromiseLike<A>) | null,
    onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    if (typeof onRejected === 'function') return this.#join().then(onFulfilled, onRejected)
    return handled(() => this.#join().then(onFulfilled), isTaskCancelled)
  }

  /** Waits for the end and tells how it went; throws only when the wait itself is cancelled. */
  settled(): Promise<PromiseSettledResult<T>> {
    return handled(() => this.#settled())
  }

  async #settled(): Promise<PromiseSettledResult<T>> {
    const node = this.#node
    if (node.ended) {
      const scope = currentScope()
      await (scope.cancelledBy === undefined
        ? ready('Task.settled', this, undefined, scope)
        : node.join(scope))
    } else {
      try {
        await this.#join()
      } catch (error) {
        if (!node.ended) throw error
      }
    }
    if (node.state === 'fulfilled') return { status: 'fulfilled', value: node.value as T }
    return { status: 'rejected', reason: node.failure() }
  }

  get [Symbol.toStringTag](): string {
    return 'Task'
  }

  #join(): Promise<T> {
    const node = this.#node
    const scope = currentScope()
    if (scope.task === node) {
      return Promise.reject(
        new MisuseError(
          `Task: ${this.name} awaits itself, which would never end; await it from another task`,
        ),
      )
    }
    if (!node.ended || scope.cancelledBy !== undefined) return node.join(scope)
    if (node.rejection !== undefined) return node.rejection
    if (node.state === 'fulfilled') return ready('Task', this, node.value as T, scope)
    return Promise.reject(node.failure())
  }
}

function isTaskCancelled(error: unknown): boolean {
  return error instanceof TaskCancelledError
}

export { nodeOf }

/** The public face of a task, made when first asked for. */
export function taskOf<T>(node: TaskNode<T>): Task<T> {
  return (node.handle as Task<T> | undefined) ?? new Task(node)
}

/**
 * The stack of a suspended task: the frames that continue when its wait ends, innermost first. Only a
 * frame of the library wakes; user code is not resumed, and the wait continues where it was. A running
 * task, or one that waits for something foreign, has no such stack: the result is undefined.
 *
 * Cost: nothing until it is asked for. Cancellation: none, it waits two turns whatever happens.
 *
 * @example
 * console.log(await probe(task))
 */
export function probe(task: Task<unknown> | TaskRecord): Promise<string | undefined> {
  return probeScope(task instanceof Task ? nodeOf(task).scope : task.scope)
}
