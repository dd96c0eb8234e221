import { macrotask, monotonicNow, setTimeout } from '../../kernel/platform.ts'
import type { ScopeNode, TaskRecord } from '../../kernel/records.ts'
import { isTaskScope } from '../../kernel/scope-tree.ts'
import type { Nursery } from '../../scope/nursery.ts'
import type { TaskNode } from '../../scope/task-node.ts'
import { InFlight, polling } from './in-flight.ts'

/** Real milliseconds that time stands still for a foreign wait when nothing is seen to be under way: a file, perhaps. */
const GRACE = 20
/** Rounds of the event loop before asking less often. */
const EAGER = 200

/**
 * The tasks that wait for a promise which is not ours: of a library, of real I/O, of another task's
 * plain async function. Nobody tells when it settles, so the event loop is given turns. As long as
 * something is in flight that was not when the test began, they are waited for, up to a patience.
 */
export class ForeignWaits {
  readonly #root: ScopeNode
  readonly #policy: 'wait' | 'error'
  readonly #patience: number
  readonly #inFlight = new InFlight()
  /** Woken since they were looked at last, or found to wait for something foreign then. */
  #suspects = new Set<TaskRecord>()
  /** Those that were waited for as long as they may be, and have not been woken since. */
  readonly #waitedFor = new Set<TaskRecord>()
  /** Since when, in real time; undefined when nothing is being waited for. */
  #since: number | undefined
  #rounds = 0

  constructor(root: ScopeNode, policy: 'wait' | 'error', patience: number) {
    this.#root = root
    this.#policy = policy
    this.#patience = patience
  }

  /** A task goes on: it has to be looked at when everybody waits. */
  woken(task: TaskRecord | undefined): void {
    this.#since = undefined
    if (task === undefined || this.#policy === 'error') return
    this.#suspects.add(task)
    this.#waitedFor.delete(task)
  }

  /** What to do when one never came. */
  get hint(): string {
    if (this.#policy === 'wait') return ''
    return '; what is real (a fetch, a timer, a file) is not waited for: put a failpoint in its place'
  }

  get names(): string[] {
    const tasks = this.#policy === 'error' ? tasksBelow(this.#root) : [...this.#suspects]
    return tasks.filter(waitsForForeign).map((task) => task.name)
  }

  /** Everybody waits: whether something from outside may yet make one go on. */
  mayCome(orTime: boolean): boolean {
    if (orTime && this.#policy === 'error') return false
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
    for (const task of this.#suspects) this.#waitedFor.add(task)
    this.#since = undefined
    return false
  }

  #limit(orTime: boolean): number {
    const suspects = [...this.#suspects]
    if (orTime && suspects.every((task) => this.#waitedFor.has(task))) return 0
    if (this.#inFlight.kinds.length > 0) return this.#patience
    if (suspects.length === 0) return 0
    return orTime ? Math.min(GRACE, this.#patience) : this.#patience
  }

  /** Calls `again` after the event loop had a turn. */
  poll(again: () => void): void {
    if (++this.#rounds < EAGER) {
      macrotask(again)
      return
    }
    polling.timers += 1
    setTimeout(() => {
      polling.timers -= 1
      again()
    }, 1)
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
function waitsForForeign(task: TaskRecord): boolean {
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
