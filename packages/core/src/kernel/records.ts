import type { Clock, ClockEntry } from './clock.ts'

// The records that everything is made of. They point at each other, so they stand in one file; what
// is decided on them stands in others.

export type TaskStatus =
  | 'pending'
  | 'running'
  | 'cancelling'
  | 'fulfilled'
  | 'rejected'
  | 'cancelled'

/** What the kernel knows of a task. */
export interface TaskRecord {
  readonly id: number
  readonly name: string
  readonly status: TaskStatus
  readonly scope: ScopeNode
}

/**
 * One node of the scope tree, and what travels along the awaits. When it ends it leaves the tree and lets go of its
 * task, so that a socket or a timer made inside that lives longer pins this record and little else. Children and waiters
 * are lists whose first item's `prev` is the last, so that joining at the end needs no field of its own. `cancelledBy` is
 * kept true by `cancellation.ts`.
 */
export class ScopeNode {
  readonly runtime: Runtime
  readonly name: string | undefined
  /** The task whose body runs in here. */
  task: TaskRecord | undefined
  /** Kept by an ended scope while its task lives, for callbacks to fall back to. */
  parent: ScopeNode | undefined
  next: ScopeNode | undefined
  prev: ScopeNode | undefined
  firstChild: ScopeNode | undefined
  firstWaiter: Waiter<never> | undefined
  /** The tasks started in it, once there is one. */
  nursery: OwnedTasks | undefined
  /** What its task must give back before it ends; kept at the task's outermost scope. */
  firstResource: ScopeResource | undefined
  /** The outermost cancelled scope whose cancellation reaches this one. */
  cancelledBy: ScopeNode | undefined
  reason: unknown
  deadlineTimer: ClockEntry | undefined
  controller: AbortController | undefined
  cancelCalled = false
  /** It was its deadline that cancelled it. */
  expired = false
  /** A cancellation ended at its edge. */
  caught = false
  shield = false
  closed = false

  constructor(runtime: Runtime, task: TaskRecord | undefined, name: string | undefined) {
    this.runtime = runtime
    this.task = task
    this.name = name
  }
}

/** What the kernel knows of the tasks that a scope owns. */
export interface OwnedTasks {
  /** How many have not ended. */
  readonly live: number
}

/** Something that a task must give back before it ends, such as a lock. */
export interface ScopeResource {
  nextResource: ScopeResource | undefined
  prevResource: ScopeResource | undefined
  /** What ran in the scope has ended, its children perhaps not yet. */
  onBodyEnd?(): void
  /** The task has ended and still held it. */
  onOwnerExit(): void
}

/** A place where waiters stand: a queue, or the clock. A waiter stands in one at the most. */
export interface Line {
  add(waiter: Waiter<never>): void
  remove(waiter: Waiter<never>): void
  /** Told after a waiter gave up and was removed, to serve those it stood in the way of. */
  left?(waiter: Waiter<never>): void
}

export type WaiterState = 'new' | 'waiting' | 'granted' | 'cancelled'

/**
 * One wait: who, for what, since when. Granting and cancelling are decided on this record, at once
 * and exactly once; the promise only carries the decision to the one who waits.
 */
export class Waiter<in T = void> {
  /** The call that waits, as `Api.method`. */
  readonly kind: string
  /** What is waited for. */
  readonly resource: object | undefined
  /** Where it stands, or will: told when it joins and leaves. A wait on behalf of others may wrap it. */
  line: Line | undefined
  /** What the line must know: how many permits, the item offered, ... */
  data: unknown
  /** A cancellation passes it by: for waits that must not be given up, or must no longer. */
  shielded: boolean
  state: WaiterState = 'new'
  /** Milliseconds since the epoch. */
  since = 0
  scope: ScopeNode | undefined
  promise: Promise<unknown> | undefined
  settle: ((value: T | PromiseLike<never>) => void) | undefined
  // Links of the line, and of the ring of waiters of a scope.
  next: Waiter<never> | undefined
  prev: Waiter<never> | undefined
  scopeNext: Waiter<never> | undefined
  scopePrev: Waiter<never> | undefined

  constructor(
    kind: string,
    resource?: object,
    line?: Line,
    data?: unknown,
    shielded: boolean = false,
  ) {
    this.kind = kind
    this.resource = resource
    this.line = line
    this.data = data
    this.shielded = shielded
  }
}

/**
 * Who decides when a wake-up takes effect. The machine's runtime has none: a wake settles at once. A
 * test runtime holds wake-ups back and lets them through one at a time, in an order of its choosing.
 */
export interface Scheduler {
  /** `pass` lets this wake-up take effect; to be called once. `kind` and `scope` say whose it is. */
  hold(waiter: Waiter<never>, pass: () => void): void
  /** A wait is being turned away: whether that has happened so often, with nobody else going on, that it must be held back. */
  shouldThrottle(): boolean
}

/** Everything that time and chance touch. A scope hands its runtime on to the scopes below it. */
export interface Runtime {
  readonly clock: Clock
  /** A number in [0, 1), for jitter. */
  readonly random: () => number
  /** Numbers for tasks, from 1. */
  readonly nextId: () => number
  readonly scheduler: Scheduler | undefined
}

// The fast path. A call that need not wait would spend a fifth of its time on looking up its scope, only to
// find that nothing is cancelled there and no scheduler decides. While these counts are 0 it skips that.

/** How many living scopes a cancellation reaches, anywhere. */
export let cancelledScopes = 0

export function countCancelled(change: 1 | -1): void {
  cancelledScopes += change
}

/** How many runtimes with a scheduler are in use: the test runs under way. */
export let activeSchedulers = 0

export function countScheduler(change: 1 | -1): void {
  activeSchedulers += change
}
