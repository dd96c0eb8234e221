import { macrotask, monotonicNow, setTimeout } from '../../kernel/platform.ts'
import type { Runtime, ScopeNode, TaskRecord } from '../../kernel/records.ts'
import { isTaskScope } from '../../kernel/scope-tree.ts'
import type { Nursery } from '../../scope/nursery.ts'
import type { TaskNode } from '../../scope/task-node.ts'
import { InFlight } from './in-flight.ts'

/** Rounds of the event loop before asking less often. */
const EAGER = 200

/**
 * The tasks that wait for a promise which is not ours: of a library, of real I/O, of another task's
 * plain async function. Nobody tells when it settles, so the event loop is given turns. As long as
 * something real is in flight that this run has begun, they are waited for, up to a patience.
 */
export class ForeignWaits implements Disposable {
  readonly #root: ScopeNode
  readonly #policy: 'wait' | 'error'
  readonly #patience: number
  readonly #inFlight: InFlight
  /** Woken since they were looked at last, or found to wait for something foreign then. */
  readonly #suspects = new Set<TaskRecord>()
  /** Since when, in real time; undefined when nothing is being waited for. */
  #since: number | undefined
  #rounds = 0
  #judged = 0

  constructor(root: ScopeNode, runtime: Runtime, policy: 'wait' | 'error', patience: number) {
    this.#root = root
    this.#policy = policy
    this.#patience = patience
    this.#inFlight = new InFlight(runtime)
  }

  /** A task goes on: it has to be looked at when everybody waits. */
  woken(task: TaskRecord | undefined): void {
    this.#since = undefined
    if (task !== undefined) this.#suspects.add(task)
  }

  /** What to do when one never came. */
  get hint(): string {
    if (this.#policy === 'wait') return ''
    return '; what is real (a fetch, a file, a hash) is not waited for: put a failpoint in its place'
  }

  get names(): string[] {
    return tasksBelow(this.#root)
      .filter(waitsForForeign)
      .map((task) => task.name)
  }

  /**
   * Where nothing real may be waited for: which tasks wait for something that has just been begun, before
   * the event loop has had a chance to bring it, which it would bring sooner one time and later another.
   */
  refused(): string[] {
    if (this.#policy === 'wait' || this.#inFlight.begun === this.#judged) return []
    this.#judged = this.#inFlight.begun
    return this.#inFlight.size === 0 ? [] : this.names
  }

  /** Everybody waits: whether something from outside may yet make one go on. */
  mayCome(orTime: boolean): boolean {
    for (const task of this.#suspects) {
      if (!waitsForForeign(task)) this.#suspects.delete(task)
    }
    if (orTime && this.#suspects.size === 0) return false
    if (this.#since === undefined) {
      this.#since = monotonicNow()
      this.#rounds = 0
    }
    if (this.#rounds < 2) return true
    if (this.#policy === 'wait' && monotonicNow() - this.#since < this.#limit(orTime)) return true
    this.#suspects.clear()
    this.#since = undefined
    return false
  }

  /** With nothing in flight there is nothing to wait for, unless there is nothing else to do either. */
  #limit(orTime: boolean): number {
    return this.#inFlight.size > 0 || (!orTime && this.#suspects.size > 0) ? this.#patience : 0
  }

  /** Calls `again` after the event loop had a turn. */
  poll(again: () => void): void {
    if (++this.#rounds < EAGER) macrotask(again)
    else setTimeout(again, 1)
  }

  [Symbol.dispose](): void {
    this.#inFlight[Symbol.dispose]()
  }
}

function tasksBelow(scope: ScopeNode): TaskRecord[] {
  const tasks: TaskRecord[] = []
  for (let child = scope.firstChild; child !== undefined; child = child.next) {
    if (child.task?.scope === child) tasks.push(child.task)
    tasks.push(...tasksBelow(child))
  }
  return tasks
}

/** It runs, and neither has a wait of ours nor has it come to the end of its body. */
export function waitsForForeign(task: TaskRecord): boolean {
  const { state, scope } = task as TaskNode
  if (state !== 'running' || (scope.nursery as Nursery | undefined)?.onIdle !== undefined) {
    return false
  }
  const kinds = waitsOf(scope)
  return kinds.length === 0 || kinds.includes('cancellable')
}

function waitsOf(scope: ScopeNode): string[] {
  const kinds: string[] = []
  for (let waiter = scope.firstWaiter; waiter !== undefined; waiter = waiter.scopeNext) {
    kinds.push(waiter.kind)
  }
  for (let child = scope.firstChild; child !== undefined; child = child.next) {
    if (!isTaskScope(child)) kinds.push(...waitsOf(child))
  }
  return kinds
}
