import { TaskCancelledError } from '../errors.ts'
import { currentTaskRecord } from '../kernel/current.ts'
import { emit, observed } from '../kernel/hooks.ts'
import { runInScope, scopesTravel } from '../kernel/platform.ts'
import { ScopeNode, Waiter } from '../kernel/records.ts'
import type { TaskRecord, TaskStatus } from '../kernel/records.ts'
import { cancelScope } from '../kernel/cancellation.ts'
import { attach, childrenOf, closeScope, notifyBodyEnd } from '../kernel/scope-tree.ts'
import { suspend, wake, wakeWithError } from '../kernel/suspend.ts'
import { WaitQueue } from '../kernel/wait-queue.ts'
import { scopeFor } from './cancel-scope.ts'
import type { Body } from './cancel-scope.ts'
import { Nursery } from './nursery.ts'

/** The inside of a task: its scope, its body, its children, and those who wait for it. */
export class TaskNode<out T = unknown> implements TaskRecord {
  readonly id: number
  readonly scope: ScopeNode
  /** The public face, once somebody asked for it. */
  handle: object | undefined
  /** The children it spawned by itself; made with the first one. */
  children: Nursery | undefined
  /** Where it counts as a child, until it ends. */
  parent: Nursery | undefined
  joiners: WaitQueue<never> | undefined
  state: 'pending' | 'running' | 'fulfilled' | 'rejected' | 'cancelled' = 'pending'
  value: T | undefined
  error: unknown
  /** Only at the root, where no group takes the error: an ordinary promise that says so if nobody does. */
  rejection: Promise<never> | undefined
  readonly work: Body<T>
  readonly #name: string | undefined

  /** @param name in reports; the function's name if left out, which is looked up when asked for: that is slow */
  constructor(parent: ScopeNode, work: Body<T>, name: string | undefined) {
    this.scope = new ScopeNode(parent.runtime, this, undefined)
    this.id = parent.runtime.nextId()
    this.work = work
    this.#name = name
    attach(this.scope, parent)
    if (observed) emit('taskSpawned', this)
    soon(this)
  }

  get name(): string {
    return this.#name ?? (this.work.name || `task-${this.id}`)
  }

  get status(): TaskStatus {
    return this.state === 'running' && this.scope.cancelledBy !== undefined
      ? 'cancelling'
      : this.state
  }

  get ended(): boolean {
    return this.state !== 'pending' && this.state !== 'running'
  }

  /** The children of its own; a failure among them cancels this task and becomes its failure. */
  get nursery(): Nursery {
    return (this.children ??= new Nursery(this.scope))
  }

  /** Runs the body to its first wait. It runs even in a cancelled scope, so that its `finally` holds. */
  start(): void {
    this.state = 'running'
    if (observed) emit('taskStarted', this)
    runInScope(this.scope, runBody, this as Running)
  }

  fulfill(value: T): void {
    this.value = value
    this.#bodyEnded()
  }

  fail(error: unknown): void {
    this.nursery.bodyThrew(error)
    this.#bodyEnded()
  }

  #bodyEnded(): void {
    if (this.scope.firstResource !== undefined) notifyBodyEnd(this.scope)
    const { children } = this
    if (children === undefined || children.live === 0) this.end()
    else children.onIdle = () => end(this)
  }

  /** Body and children have ended; what was begun in its scope and forgotten is cancelled and awaited first. */
  end(): void {
    const { children, scope } = this
    if (scope.firstChild !== undefined && this.#awaitForgotten()) return
    children?.close()
    if (children?.failed === true) {
      this.state = 'rejected'
      this.error = children.failure
    } else {
      this.state = children?.wasCancelled === true ? 'cancelled' : 'fulfilled'
    }
    if (this.state !== 'fulfilled') this.value = undefined
    closeScope(scope)
    if (observed) emit('taskEnded', this)
    const { parent } = this
    this.parent = undefined
    const awaited = this.#tellJoiners()
    if (parent !== undefined) parent.childEnded(this)
    else if (this.state === 'rejected' && !awaited) this.rejection = Promise.reject(this.error)
  }

  #awaitForgotten(): boolean {
    const groups = new Set<Nursery>()
    for (const child of childrenOf(this.scope)) {
      cancelScope(child, 'its task has ended')
      for (const task of tasksBelow(child)) {
        if (task.parent !== undefined) groups.add(task.parent)
      }
    }
    if (groups.size === 0) return false
    const { nursery } = this
    nursery.live += groups.size
    nursery.onIdle = () => end(this)
    for (const group of groups) void group.join().then(() => nursery.removeChild())
    return true
  }

  #tellJoiners(): boolean {
    const joiners = this.joiners
    this.joiners = undefined
    if (joiners?.first === undefined) return false
    for (let joiner = joiners.first; joiner !== undefined; joiner = joiners.first) {
      if (this.state === 'fulfilled') wake(joiner, this.value as never)
      else wakeWithError(joiner, () => this.failure())
    }
    return true
  }

  /** What awaiting it throws. */
  failure(): unknown {
    if (this.state === 'rejected') return this.error
    return new TaskCancelledError(this.name, this.scope.reason ?? this.scope.cancelledBy?.reason)
  }

  /** Waits until it has ended. */
  join(scope: ScopeNode): Promise<T> {
    this.joiners ??= new WaitQueue<never>()
    return suspend(new Waiter<T>('Task', this.handle ?? this, this.joiners), scope)
  }
}

/** A task as its body's promise sees it. */
interface Running {
  readonly scope: ScopeNode
  readonly work: Body<unknown>
  fulfill(value: unknown): void
  fail(error: unknown): void
}

function runBody(task: Running): void {
  let result: unknown
  let promise: Promise<unknown> | undefined
  try {
    const { work } = task
    result = work(scopeFor(task.scope, work))
    // What is foreign is followed by a promise of the engine's, which settles once and in our context.
    const waits = typeof (result as PromiseLike<unknown> | undefined)?.then === 'function'
    if (waits) promise = Promise.resolve(result)
  } catch (error) {
    task.fail(error)
    return
  }
  if (promise === undefined) {
    task.fulfill(result)
  } else if (scopesTravel) {
    // The engine calls these two in the context of this `then`: no closure is needed to know the task.
    promise.then(fulfillCurrent, failCurrent)
  } else {
    promise.then(
      (value) => task.fulfill(value),
      (error: unknown) => task.fail(error),
    )
  }
}

function fulfillCurrent(value: unknown): void {
  ;(currentTaskRecord() as TaskNode).fulfill(value)
}

function failCurrent(error: unknown): void {
  ;(currentTaskRecord() as TaskNode).fail(error)
}

const ending: TaskNode[] = []
let draining = false

/** Ends a task whose children have ended; one after the other, however long the chain of parents is. */
function end(task: TaskNode): void {
  ending.push(task)
  if (draining) return
  draining = true
  try {
    for (let next = ending.pop(); next !== undefined; next = ending.pop()) next.end()
  } finally {
    draining = false
  }
}

/** The tasks that are right below a scope which is no task's own. */
function tasksBelow(scope: ScopeNode): TaskNode[] {
  const { task } = scope
  if (task?.scope === scope) return [task as TaskNode]
  return childrenOf(scope).flatMap(tasksBelow)
}

const turn = Promise.resolve()

/** Starting a task is a wake: it happens in the next turn, in the async context of the one who spawned it. */
function soon(task: TaskRecord & { start(): void }): void {
  const { scheduler } = task.scope.runtime
  let passed = turn
  if (scheduler !== undefined) {
    const waiter = new Waiter('start', task, undefined, undefined, true)
    waiter.scope = task.scope
    passed = new Promise((resolve) => {
      scheduler.hold(waiter, resolve)
    })
  }
  void passed.then(() => task.start())
}
