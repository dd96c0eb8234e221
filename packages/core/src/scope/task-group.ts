import { Cancelled, MisuseError } from '../errors.ts'
import { currentScope } from '../kernel/current.ts'
import { requireFunction, requireSignal } from '../kernel/guard.ts'
import type { ScopeNode, TaskRecord } from '../kernel/records.ts'
import { cancelScope } from '../kernel/cancellation.ts'
import { isTaskScope } from '../kernel/scope-tree.ts'
import { abortedBy, bindSignal } from './abort-signal.ts'
import { CancelScope } from './cancel-scope.ts'
import type { Body } from './cancel-scope.ts'
import { handled } from './handled.ts'
import { Nursery } from './nursery.ts'
import { openScope, scoped, valueOf } from './scoped.ts'
import { spawnInto } from './spawn.ts'
import type { SpawnOptions } from './spawn.ts'
import { startInto } from './start.ts'
import { TaskNode } from './task-node.ts'
import { Task } from './task.ts'

export interface TaskGroupOptions {
  /** How the group is called in reports. */
  readonly name?: string
  /** A foreign signal: its abort cancels the group, which then throws `Cancelled` with its reason. */
  readonly signal?: AbortSignal
}

/**
 * Tasks that end together. `taskGroup` and `openGroup` make one.
 *
 * @see trio.Nursery, asyncio.TaskGroup
 */
export class TaskGroup {
  readonly #nursery: Nursery
  #scope: CancelScope | undefined

  /** Made by `taskGroup` or `openGroup`, not by hand. */
  constructor(nursery: Nursery) {
    this.#nursery = nursery
  }

  /** The scope that all its tasks live in. */
  get scope(): CancelScope {
    return (this.#scope ??= CancelScope.of(this.#nursery.scope))
  }

  /**
   * Starts a task in the group; the body runs in the next turn. It lives in the group's scopes, not
   * in those of the caller, and its failure cancels the group.
   *
   * @throws MisuseError when the group is failing or has ended
   */
  spawn<T>(fn: Body<T>, options?: SpawnOptions): Task<T> {
    requireFunction('TaskGroup.spawn: fn', fn)
    return new Task(spawnInto(this.#nursery, 'TaskGroup.spawn', fn, options))
  }

  /**
   * Starts a task and waits until it calls `started(value)`, which is the result; from then on it is
   * a task of the group like any other.
   *
   * Cancellation: cancels the task, waits for its end, and throws. Once started it is the group's.
   *
   * @throws its own error, when the task fails before it has started: the group is not touched
   * @throws MisuseError when it ends without calling `started`
   * @see trio.Nursery.start
   */
  start<T>(
    fn: (started: (value: T) => void) => PromiseLike<unknown>,
    options?: SpawnOptions,
  ): Promise<T> {
    return startInto(this.#nursery, fn, options)
  }

  /**
   * Makes a callback for foreign code, such as an event emitter: each call of it is a task of the group, whose
   * failure is the group's. After the group has ended or failed a call runs nothing, throws nothing, and gives a
   * task that is cancelled.
   *
   * @example
   * emitter.on('order', group.callback((order: string) => save(order)))
   */
  callback<A extends unknown[], T>(
    fn: (...args: A) => PromiseLike<T> | T,
    options?: SpawnOptions,
  ): (...args: A) => Task<T> {
    requireFunction('TaskGroup.callback: fn', fn)
    const nursery = this.#nursery
    const name = options?.name ?? (fn.name || 'callback')
    return (...args) => {
      const work = (): PromiseLike<T> | T => fn(...args)
      if (!nursery.closed && !nursery.failed) {
        return new Task(spawnInto(nursery, 'TaskGroup.callback', work, { name }))
      }
      const reason = nursery.failed ? 'the group has failed' : 'the group has ended'
      return new Task(TaskNode.cancelled(nursery.scope, work, name, reason))
    }
  }

  /** Cancels all its tasks and its body; the group then ends without an error. */
  cancel(reason?: unknown): void {
    cancelScope(this.#nursery.scope, reason)
  }

  /**
   * Waits until all its tasks have ended; then the group takes no more. Several may wait, and again.
   *
   * Cancellation: cancels the tasks, waits for them, and throws.
   *
   * @throws the first failure as it is, with later ones in its `suppressed`
   */
  join(): Promise<void> {
    return handled(() => joined(this.#nursery))
  }

  get [Symbol.toStringTag](): string {
    return 'TaskGroup'
  }
}

async function joined(nursery: Nursery): Promise<void> {
  refuseOwnTask(nursery)
  do await nursery.joinOrCancel()
  while (nursery.live > 0) // one may come in the turn in which the wait ended
  nursery.close()
  nursery.throwOutcome()
}

/** A task of the group would wait for itself. */
function refuseOwnTask(nursery: Nursery): void {
  let task: TaskRecord | undefined
  let scope: ScopeNode | undefined = currentScope()
  for (; scope !== undefined && scope !== nursery.scope; scope = scope.parent) {
    if (isTaskScope(scope)) task = scope.task
  }
  if (scope === undefined || task === undefined) return
  throw new MisuseError(
    `TaskGroup.join: ${task.name} is a task of the group, and would wait for itself; join outside of it`,
  )
}

/**
 * Runs `body` with a group and ends when it and all its tasks have ended. The first failure cancels
 * the others, waits for them, and is thrown as it is; failures after it are in its `suppressed`.
 *
 * Cancellation: reaches the body and every task; all are awaited before it propagates. After
 * `group.cancel()` the result is the body's value, or undefined if the body was cut short.
 *
 * @throws the first failure of the body or of a task
 * @example
 * await taskGroup(async (group) => {
 *   group.spawn(() => sleep(10))
 *   group.spawn(() => sleep(20))
 * })
 * @see trio.open_nursery, asyncio.TaskGroup, Kotlin's coroutineScope
 */
export function taskGroup(
  body: (group: TaskGroup) => PromiseLike<void> | void,
  options?: TaskGroupOptions,
): Promise<void>
export function taskGroup<T>(
  body: (group: TaskGroup) => PromiseLike<T> | T,
  options?: TaskGroupOptions,
): Promise<T | undefined>
export function taskGroup<T>(
  body: (group: TaskGroup) => PromiseLike<T> | T,
  options: TaskGroupOptions = {},
): Promise<T | undefined> {
  try {
    requireFunction('taskGroup: body', body)
    requireSignal('taskGroup: signal', options.signal)
  } catch (error) {
    return Promise.reject(error)
  }
  const { name = 'taskGroup', signal } = options
  const scope = openScope(name)
  const group = new TaskGroup(new Nursery(scope))
  if (signal === undefined) return scoped(scope, body, group, valueOf)
  const stop = bindSignal(scope, signal)
  return handled(async () => {
    try {
      const value = await scoped(scope, body, group, valueOf)
      if (scope.caught && abortedBy(scope, signal)) throw new Cancelled(signal.reason)
      return value
    } finally {
      stop()
    }
  })
}
