import type { TaskRecord, Waiter } from '../../kernel/records.ts'
import type { TaskNode } from '../../scope/task-node.ts'
import { waitsForForeign } from './foreign-waits.ts'

/** So many steps in which nothing new happens make one wonder; twice that many are enough. */
const WINDOW = 50_000

/**
 * Counts the steps of a run, and notices when it gets nowhere: when it does not end at all, or when those
 * who go on only repeat themselves while the main task waits for something that none of them is.
 */
export class Progress {
  readonly #maxSteps: number
  readonly #window: number
  steps = 0
  #limit: number
  /** Who went on in this window of steps, and from which waits. */
  #busy = new Map<TaskRecord, Set<string>>()
  #before: ReadonlyMap<TaskRecord, ReadonlySet<string>> | undefined
  #windowEnds: number
  #isNew = false
  /** The waits that ended just before there were too many steps. */
  #latest: Waiter<never>[] = []

  constructor(maxSteps: number) {
    this.#maxSteps = maxSteps
    this.#window = Math.min(WINDOW, Math.ceil(maxSteps / 10))
    this.#limit = maxSteps
    this.#windowEnds = this.#window
  }

  /** A wake-up takes effect. */
  woken(waiter: Waiter<never>): void {
    // Most runs have ended before the first window has.
    if (this.steps >= this.#window) this.#note(waiter)
    if (this.#limit - this.steps < 16) this.#latest.push(waiter)
  }

  #note({ kind, scope }: Waiter<never>): void {
    if (kind === 'start') this.#isNew = true
    const task = scope?.task
    if (task === undefined) return
    const kinds = this.#busy.get(task)
    if (kinds === undefined) this.#busy.set(task, new Set([kind]))
    else kinds.add(kind)
  }

  /** One more step; what is wrong, if this makes too many. */
  step(main: TaskRecord | undefined): string | undefined {
    this.steps += 1
    if (this.steps > this.#limit) return this.#neverEnds()
    if (this.steps < this.#windowEnds) return undefined
    const stuck = this.#isStuck(main)
    const busy = this.#busy
    if (this.steps > this.#window) this.#before = busy
    this.#busy = new Map()
    this.#isNew = false
    this.#windowEnds = this.steps + this.#window
    if (!stuck) return undefined
    this.#windowEnds = Infinity
    const names = [...busy].map(([{ name }, kinds]) => `${name}@${[...kinds].join('+')}`)
    return `no progress: in ${2 * this.#window} steps only ${list(names)} went on, in the same circle; those who wait for something else wait in vain`
  }

  /** Its cleanup may take as long again. */
  restart(): void {
    this.#limit = this.steps + this.#maxSteps
    this.#latest = []
    this.#windowEnds = Infinity
  }

  #neverEnds(): string {
    this.#limit = Infinity
    const last = this.#latest.map(({ kind, scope }) => `${scope?.task?.name ?? '?'}@${kind}`)
    return `livelock: it had not ended after ${this.steps} steps; the last were ${list([...new Set(last)])}`
  }

  #isStuck(main: TaskRecord | undefined): boolean {
    const before = this.#before
    if (before === undefined || main === undefined || this.#isNew) return false
    if (this.#busy.has(main) || this.#busy.size !== before.size) return false
    for (const [task, kinds] of this.#busy) {
      const known = before.get(task)
      if (known === undefined || kinds.size !== known.size) return false
    }
    return this.#waitsInVain(main as TaskNode, new Set())
  }

  /** Whether it waits for something other than the end of those who go on. */
  #waitsInVain(task: TaskNode, seen: Set<TaskNode>): boolean {
    if (seen.has(task) || this.#busy.has(task)) return false
    seen.add(task)
    const waits = waitsIn(task.scope)
    if (waits.length === 0 && waitsForForeign(task)) return true
    if (waits.some(({ kind }) => kind !== 'TaskGroup.join' && kind !== 'Task')) return true
    return tasksIn(task.scope).some((child) => this.#waitsInVain(child, seen))
  }
}

function waitsIn(scope: TaskRecord['scope']): Waiter<never>[] {
  const waits: Waiter<never>[] = []
  for (let waiter = scope.firstWaiter; waiter !== undefined; waiter = waiter.scopeNext) {
    waits.push(waiter)
  }
  for (let child = scope.firstChild; child !== undefined; child = child.next) {
    if (child.task?.scope !== child) waits.push(...waitsIn(child))
  }
  return waits
}

function tasksIn(scope: TaskRecord['scope']): TaskNode[] {
  const tasks: TaskNode[] = []
  for (let child = scope.firstChild; child !== undefined; child = child.next) {
    if (child.task?.scope === child) tasks.push(child.task as TaskNode)
    else tasks.push(...tasksIn(child))
  }
  return tasks
}

function list(names: readonly string[]): string {
  return names.length > 8
    ? `${names.slice(0, 8).join(', ')} and ${names.length - 8} others`
    : names.join(', ')
}
