import { BoundedBuffer } from '../channel/bounded-buffer.ts'
import { Cancelled, isCancelled, TaskCancelledError } from '../errors.ts'
import {
  currentScope,
  Nursery,
  openScope,
  spawnInto,
  suspend,
  Waiter,
  WaitQueue,
  wake,
  wakeWithError,
} from '../lowlevel.ts'
import type { ScopeNode, TaskNode } from '../lowlevel.ts'
import { END } from './cursor.ts'
import type { Cursor, End, Source } from './cursor.ts'
import { drain } from './drain.ts'

/** What the first task of a stage does: it emits items, or spawns others that do. */
export type Work<T> = (stage: TaskStage<T>, scope: ScopeNode) => Promise<void>

/** A stage whose items come from `work`, in a task of its own beside the consumer. */
export function inTask<T>(
  kind: string,
  work: Work<T>,
  capacity?: number,
  drops?: boolean,
): Source<T> {
  return { open: (scope) => new TaskStage(kind, scope, work, capacity, drops) }
}

/**
 * Tasks that work beside the consumer of a stage: they emit, the consumer takes, `capacity` items lie
 * between.
 *
 *   tasks -> [ exchange ] -> consumer
 *
 * They live in a scope of their own below the one where the walk began; when the last has ended, so has
 * the stage. What they had ready before one of them failed can still be taken, then the failure is thrown,
 * once.
 */
export class TaskStage<T> implements Cursor<T> {
  readonly #kind: string
  readonly #home: ScopeNode
  readonly #nursery: Nursery
  readonly #buffer: BoundedBuffer<T>
  readonly #drops: boolean
  readonly #closers = new WaitQueue()
  #over = false
  #closed = false
  /** A failure that the consumer has yet to be told. */
  #failure: (() => unknown) | undefined
  /** The same for a cancellation from outside: the place where the walk began has ended, and with it the tasks. */
  #cut: (() => unknown) | undefined

  /** @param drops the newest `capacity` items are kept, and nobody waits for room */
  constructor(
    kind: string,
    scope: ScopeNode,
    work: Work<T>,
    capacity: number = 0,
    drops: boolean = false,
  ) {
    this.#kind = kind
    this.#home = scope.closed ? currentScope() : scope
    this.#buffer = new BoundedBuffer(capacity)
    this.#drops = drops
    const nursery = new Nursery(openScope(kind, this.#home))
    const onChildEnded = (task: TaskNode): void => {
      if (task.state === 'fulfilled') return
      this.#keep()
      nursery.fail(task.failure()) // cancelled by hand it has not done its part either
    }
    const onIdle = (): void => void this.#end()
    nursery.onChildEnded = onChildEnded
    nursery.onIdle = onIdle
    this.#nursery = nursery
    this.spawn((scope) => work(this, scope))
  }

  spawn(body: (scope: ScopeNode) => Promise<void>): void {
    const { cancelCalled, reason } = this.#nursery.scope
    if (cancelCalled) throw new Cancelled(reason)
    spawnInto(this.#nursery, this.#kind, () => body(currentScope()), { name: this.#kind })
  }

  /** Hands an item on, and waits for room first if there is none. */
  emit(item: T, scope: ScopeNode): Promise<void> | void {
    const { buffer, capacity, senders } = this.#buffer
    if (this.#drops && buffer.size === capacity) buffer.shift()
    if (this.#buffer.offer(item)) return
    return suspend(new Waiter(this.#kind, this, senders, item), scope)
  }

  /** Hands on all there is in a source. */
  emitAll(source: Source<T>, scope: ScopeNode): Promise<void> {
    return drain(source, scope, (item) => this.emit(item, scope))
  }

  /** Waits in a line of the stage's own. */
  wait<R>(line: WaitQueue<R>, scope: ScopeNode): Promise<R> {
    return suspend(new Waiter(this.#kind, this, line), scope)
  }

  /** Ends the stage; what was emitted is still taken. */
  stop(): void {
    this.#keep()
    this.#nursery.cancel('the stream has ended')
  }

  /** There is an item to take at once. */
  get stocked(): boolean {
    return this.#buffer.stocked && !this.#closed
  }

  /** How many items the consumer has taken. */
  get taken(): number {
    return this.#buffer.taken
  }

  next(): T | End | Promise<T | End> {
    if (this.stocked) return this.#buffer.take()
    if (!this.#over) return this.wait(this.#receivers, here(this.#home))
    const untold = this.#untold()
    return untold === undefined ? END : Promise.reject(untold())
  }

  /** Cancels all tasks, and waits for them. */
  close(): Promise<void> | void {
    this.#closed = true
    if (!this.#over) {
      this.#nursery.cancel('nobody reads the stream any more')
      return suspend(new Waiter(this.#kind, this.#nursery, this.#closers, undefined, true))
    }
    this.#cut = undefined // who closes it knows
    const untold = this.#untold()
    if (untold !== undefined) return Promise.reject(untold())
  }

  get #receivers(): WaitQueue<T | End> {
    return this.#buffer.receivers as WaitQueue<never> as unknown as WaitQueue<T | End>
  }

  /** Puts aside what is ready, before those who offer it are cancelled. */
  #keep(): void {
    const { buffer, senders } = this.#buffer
    for (let giver = senders.first; giver !== undefined; giver = senders.first) {
      buffer.push(giver.data as T)
      wake(giver, undefined)
    }
  }

  async #end(): Promise<void> {
    try {
      await this.#nursery.end()
    } catch (error) {
      if (isCancelled(error)) this.#cut = () => new TaskCancelledError(this.#kind, error.reason)
      else this.#failure = () => error
    }
    this.#over = true
    const taker = this.#receivers.first
    if (taker !== undefined) this.#tell(taker, END)
    if (this.#closed) this.#cut = undefined
    for (let next = this.#closers.first; next !== undefined; next = this.#closers.first) {
      this.#tell(next, undefined)
    }
  }

  #tell<R>(waiter: Waiter<R>, value: R): void {
    const untold = this.#untold()
    if (untold === undefined) wake(waiter, value)
    else wakeWithError(waiter, untold)
  }

  #untold(): (() => unknown) | undefined {
    const untold = this.#failure ?? this.#cut
    this.#failure = undefined
    this.#cut = undefined
    return untold
  }
}

/** Where the consumer waits; `home` where nothing travels along the awaits to tell that. */
function here(home: ScopeNode): ScopeNode {
  const scope = currentScope()
  return scope.task === undefined ? home : scope
}
