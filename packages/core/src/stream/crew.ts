import { Cancelled, isCancelled, TaskCancelledError } from '../errors.ts'
import { currentScope, suspend, Waiter, WaitQueue, wake, wakeWithError } from '../lowlevel.ts'
import type { ScopeNode } from '../lowlevel.ts'
import { Nursery } from '../scope/nursery.ts'
import { openScope } from '../scope/scoped.ts'
import { spawnInto } from '../scope/spawn.ts'
import type { TaskNode } from '../scope/task-node.ts'
import { END } from './cursor.ts'
import type { End } from './cursor.ts'

/**
 * The tasks that work beside the consumer of a stage. They live in a scope of their own below the one
 * where the walk began; when the last has ended, whoever waits in `line` is told so. What they had ready
 * before one of them failed can still be taken, then the failure is thrown, once.
 */
export class Crew<T> {
  readonly #kind: string
  readonly #line: WaitQueue<T | End>
  readonly #home: ScopeNode
  readonly #nursery: Nursery
  #over = false
  /** What the consumer has yet to be told. */
  #failure: { readonly error: unknown } | undefined
  /** Cancelled from outside: the place where the walk began has ended, and with it the tasks. */
  #cut: Cancelled | undefined
  readonly #closers = new WaitQueue()
  #closing = false

  /** @param keep puts aside what is ready, before those who offer it are cancelled */
  constructor(kind: string, scope: ScopeNode, line: WaitQueue<T | End>, keep: () => void) {
    this.#home = scope.closed ? currentScope() : scope
    const nursery = new Nursery(openScope(kind, this.#home))
    nursery.onEnded = (task) => {
      if (task.state === 'fulfilled') return
      keep()
      nursery.fail(task.failure()) // cancelled by hand it has not done its part either
    }
    nursery.idle = () => void nursery.end().then(this.#ended, this.#failed)
    this.#kind = kind
    this.#line = line
    this.#nursery = nursery
  }

  spawn(body: (scope: ScopeNode) => Promise<void>): void {
    const { cancelCalled, reason } = this.#nursery.scope
    if (cancelCalled) throw new Cancelled(reason)
    const task: TaskNode<void> = spawnInto(
      this.#nursery,
      this.#kind,
      (): Promise<void> => body(task.scope),
      { name: this.#kind },
    )
  }

  /** Waits for an item that is handed over, or for the end of all. */
  wait(resource: object): Promise<T | End> | End {
    if (!this.#over) {
      return suspend(new Waiter<T | End>(this.#kind, resource, this.#line), here(this.#home))
    }
    return this.#told ? END : Promise.reject(this.#tell())
  }

  /** Nothing more is to be done: those who still wait are cancelled. */
  stop(): void {
    this.#nursery.cancel('the stream has ended')
  }

  /** Cancels all, and waits for them. */
  close(): Promise<void> | void {
    if (!this.#over) {
      this.#nursery.cancel('nobody reads the stream any more')
      this.#closing = true
      return suspend(new Waiter(this.#kind, this.#nursery, this.#closers, undefined, true))
    }
    if (this.#failure !== undefined) return Promise.reject(this.#tell())
  }

  readonly #ended = (): void => {
    this.#over = true
    const taker = this.#line.first
    if (taker !== undefined) {
      if (this.#told) wake(taker, END)
      else wakeWithError(taker, failing(this.#tell()))
    }
    for (let next = this.#closers.first; next !== undefined; next = this.#closers.first) {
      if (this.#failure === undefined) wake(next, undefined)
      else wakeWithError(next, failing(this.#tell()))
    }
  }

  readonly #failed = (error: unknown): void => {
    if (!isCancelled(error)) this.#failure = { error }
    else if (!this.#closing) this.#cut = error
    this.#ended()
  }

  get #told(): boolean {
    return this.#failure === undefined && this.#cut === undefined
  }

  #tell(): unknown {
    const error = this.#failure
      ? this.#failure.error
      : new TaskCancelledError(this.#kind, this.#cut?.reason)
    this.#failure = undefined
    this.#cut = undefined
    return error
  }
}

/** Where the consumer waits; `home` where nothing travels along the awaits to tell that. */
export function here(home: ScopeNode): ScopeNode {
  const scope = currentScope()
  return scope.task === undefined ? home : scope
}

function failing(error: unknown): () => unknown {
  return () => error
}
