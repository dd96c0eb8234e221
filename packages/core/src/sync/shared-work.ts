import {
  currentProgram,
  currentScope,
  holdersAround,
  setTaskShield,
  suspend,
  Waiter,
  wakeWithError,
} from '../lowlevel.ts'
import type { HomeContext, Program, ScopeNode, TaskNode, WaitQueue } from '../lowlevel.ts'
import type { Task } from '../scope/task.ts'
import { PresenceQueue } from './presence-queue.ts'

/** What is done for many, and how they are told. */
export interface Job<T, V> {
  work(): PromiseLike<T> | T
  /** Told when those who come now are to have work of their own: it has ended, or nobody waits any more. */
  over(task?: TaskNode<T>): void
  /** Hands one of them what the work has brought. */
  give(waiter: Waiter<V>, value: T): void
  /** Told of each who gave up. */
  left?(waiter: Waiter<V>): void
  /** It goes on when nobody waits any more. */
  readonly lasting?: boolean
}

/**
 * Work in a task of the owner's for all who wait for it, whoever of them asked first. A failure is theirs.
 *
 * While anybody waits, no cancellation of the owner reaches it; when the last one has left, it is cancelled, unless
 * it is lasting. Where it belongs to a `run` and that ends, those who wait in another `run` have it begun anew.
 */
export class SharedWork<T, V = T> {
  readonly line: WaitQueue<V>
  readonly #home: HomeContext
  readonly #name: string
  readonly #job: Job<T, V>
  #task!: Task<T>
  /** The program of the one who had it begun. */
  #program: Program | undefined

  constructor(home: HomeContext, name: string, job: Job<T, V>, asker: ScopeNode = currentScope()) {
    this.#home = home
    this.#name = name
    this.#job = job
    this.line = new PresenceQueue<V>(
      (waits) => setTaskShield(this.#task, waits),
      (waiter) => this.#left(waiter),
    )
    this.#begin(asker)
  }

  /** Who does it. */
  get task(): Task<T> {
    return this.#task
  }

  /** Waits for it. */
  wait(kind: string, resource: object, scope: ScopeNode, data?: unknown): Promise<V> {
    return suspend(new Waiter<V>(kind, resource, this.line, data), scope)
  }

  /** Whether the one who asks is inside the work, or inside other work that this one waits for: it would never end. */
  waitsFor(asker: ScopeNode): boolean {
    const seen = new Set<object>()
    const rest = holdersAround(asker)
    for (let holder = rest.pop(); holder !== undefined; holder = rest.pop()) {
      if (holder === this) return true
      if (seen.has(holder) || !(holder instanceof SharedWork)) continue
      seen.add(holder)
      for (const { scope } of (holder as SharedWork<unknown>).line) {
        if (scope !== undefined) rest.push(...holdersAround(scope))
      }
    }
    return false
  }

  #begin(asker: ScopeNode): void {
    this.#program = currentProgram(asker)
    this.#task = this.#home.spawn(
      this.#name,
      () => this.#job.work(),
      (task) => this.#ended(task),
      {
        asker,
        holder: this,
      },
    )
    if (this.line.size > 0) setTaskShield(this.#task, true)
  }

  #left(waiter: Waiter<V>): void {
    this.#job.left?.(waiter)
    if (this.line.size > 0 || this.#job.lasting === true) return
    this.#job.over()
    this.#task.cancel('nobody waits for it any more')
  }

  #ended(task: TaskNode<T>): void {
    const others = task.state === 'cancelled' ? this.#inOtherPrograms() : undefined
    if (others === undefined) this.#job.over(task)
    for (const waiter of this.line) {
      if (task.state === 'fulfilled') this.#job.give(waiter, task.value as T)
      else if (others?.has(waiter) !== true) wakeWithError(waiter, () => task.failure())
    }
    const [next] = others ?? []
    if (next !== undefined) this.#begin(next.scope as ScopeNode)
  }

  /** Those whose own program goes on though the one that did the work has ended. */
  #inOtherPrograms(): Set<Waiter<V>> | undefined {
    const others = new Set<Waiter<V>>()
    for (const waiter of this.line) {
      const program = currentProgram(waiter.scope)
      if (program !== this.#program && program?.scope.closed === false) others.add(waiter)
    }
    return others.size > 0 ? others : undefined
  }
}
