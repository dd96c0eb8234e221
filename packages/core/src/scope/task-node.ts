import { TaskCancelledError } from '../errors.ts'
import { currentTaskRecord } from '../kernel/current.ts'
import { isThenable } from '../kernel/guard.ts'
import { emit, listeners, observed, startAround, wrappers } from '../kernel/hooks.ts'
import { runInScope, scopesTravel, turn } from '../kernel/platform.ts'
import { ScopeNode, Waiter } from '../kernel/records.ts'
import type { TaskRecord, TaskStatus } from '../kernel/records.ts'
import { cancelScope } from '../kernel/cancellation.ts'
import { attach, closeScope, notifyBodyEnd } from '../kernel/scope-tree.ts'
import { suspend, wake, wakeWithError } from '../kernel/suspend.ts'
import { WaitQueue } from '../kernel/wait-queue.ts'
import { CancelScope } from './cancel-scope.ts'
import type { Body } from './cancel-scope.ts'
import { nurseryOf } from './nursery.ts'
import type { Nursery } from './nursery.ts'

/** Who is told when a task ends. */
export interface TaskParent {
  childEnded(child: TaskNode): void
}

/** The inside of a task: its scope, its body, and those who wait for it. */
export class TaskNode<out T = unknown> implements TaskRecord {
  readonly id: number
  readonly scope: ScopeNode
  /** The public face, once somebody asked for it. */
  handle: object | undefined
  /** Where it counts as a child, until it ends. */
  parent: TaskParent | undefined
  joiners: WaitQueue<never> | undefined
  state: 'pending' | 'running' | 'fulfilled' | 'rejected' | 'cancelled' = 'pending'
  value: T | undefined
  error: unknown
  /** Only at the root, where nobody takes the error: an ordinary promise that says so if nobody does. */
  rejection: Promise<never> | undefined
  readonly work: Body<T>
  #name: string | undefined

  /** @param name in reports; the function's name if left out, which is looked up when asked for: that is slow */
  constructor(parent: ScopeNode, work: Body<T>, name: string | undefined) {
    this.scope = new ScopeNode(parent.runtime, this, undefined)
    this.id = parent.runtime.nextId()
    this.work = work
    this.#name = name
  }

  /** Makes a task below `parent` that starts in the next turn. */
  static launch<T>(parent: ScopeNode, work: Body<T>, name: string | undefined): TaskNode<T> {
    const task = new TaskNode<T>(parent, work, name)
    attach(task.scope, parent)
    if (observed) emit(listeners.taskSpawned, task)
    soon(task)
    return task
  }

  /** Makes a task that is cancelled before it could start. */
  static cancelled<T>(
    parent: ScopeNode,
    work: Body<T>,
    name: string | undefined,
    reason: unknown,
  ): TaskNode<T> {
    const task = new TaskNode<T>(parent, work, name)
    cancelScope(task.scope, reason)
    task.state = 'cancelled'
    closeScope(task.scope)
    return task
  }

  get name(): string {
    return (this.#name ??= this.work.name || `task-${this.id}`)
  }

  get status(): TaskStatus {
    return this.state === 'running' && this.scope.cancelledBy !== undefined
      ? 'cancelling'
      : this.state
  }

  get ended(): boolean {
    return this.state !== 'pending' && this.state !== 'running'
  }

  /** Runs the body to its first wait. It runs even in a cancelled scope, so that its `finally` holds. */
  start(): void {
    this.state = 'running'
    if (observed) emit(listeners.taskStarted, this)
    if (wrappers.length > 0) startAround(this, () => runInScope(this.scope, runBody, this))
    else runInScope(this.scope, runBody, this)
  }

  fulfill(value: T): void {
    this.value = value
    this.#bodyEnded()
  }

  fail(error: unknown): void {
    nurseryOf(this.scope).bodyThrew(error)
    this.#bodyEnded()
  }

  #bodyEnded(): void {
    if (this.scope.firstResource !== undefined) notifyBodyEnd(this.scope)
    const nursery = this.scope.nursery as Nursery | undefined
    if (nursery === undefined || nursery.live === 0) this.end()
    else this.#endAfter(nursery)
  }

  /** The body and its tasks have ended; what was begun in its scope and forgotten is cancelled and awaited first. */
  end(): void {
    const { scope } = this
    if (scope.firstChild !== undefined) {
      const forgetful = nurseryOf(scope)
      this.#endAfter(forgetful)
      if (forgetful.cancelForgotten()) return
    }
    const nursery = scope.nursery as Nursery | undefined
    nursery?.close()
    if (nursery?.failed === true) {
      this.state = 'rejected'
      this.error = nursery.failure
    } else {
      this.state = nursery?.wasCancelled === true ? 'cancelled' : 'fulfilled'
    }
    if (this.state !== 'fulfilled') this.value = undefined
    closeScope(scope)
    if (observed) emit(listeners.taskEnded, this)
    const { parent } = this
    this.parent = undefined
    const awaited = this.#tellJoiners()
    if (parent !== undefined) parent.childEnded(this)
    else if (this.state === 'rejected' && !awaited) this.rejection = Promise.reject(this.error)
  }

  #endAfter(nursery: Nursery): void {
    // V8 allocates a function literal that is assigned to a property in the old generation, where it would keep the
    // ended task alive until the next full collection.
    const idle = (): void => end(this)
    nursery.onIdle = idle
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

function runBody(task: TaskNode): void {
  let result: unknown
  let promise: Promise<unknown> | undefined
  try {
    result = task.work(CancelScope.of(task.scope))
    // What is foreign is followed by a promise of the engine's, which settles once and in our context.
    if (isThenable(result)) promise = Promise.resolve(result)
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

/** Starting a task is a wake: it happens in the next turn, in the async context of the one who spawned it. */
function soon(task: TaskNode): void {
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
