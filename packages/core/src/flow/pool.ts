import { ClosedError } from '../errors.ts'
import {
  currentScope,
  ready,
  refused,
  report,
  requireFunction,
  RingBuffer,
  suspend,
  tellOwners,
  Waiter,
  WaitQueue,
  wake,
  wakeWithError,
} from '../lowlevel.ts'
import type { Runtime, ScopeNode } from '../lowlevel.ts'
import { throwIfCancelled } from '../scope/checkpoint.ts'
import { Owner } from '../scope/owner.ts'
import { shield } from '../scope/shield.ts'
import { suppress } from '../scope/suppressed.ts'
import type { Task } from '../scope/task.ts'
import { Alarm } from './alarm.ts'
import { Link } from './link.ts'
import { checkPoolOptions } from './pool-options.ts'
import type { PoolOptions } from './pool-options.ts'
import { borrowers, LentResource } from './pool-lease.ts'
import type { PoolLease, Resource } from './pool-lease.ts'

/**
 * Lends resources that are dear to make, such as connections: one borrower at a time for each, first
 * come first served. The one given back last is lent first. `create`, `validate` and `destroy` run in
 * the task and the context where the pool was made, in no borrower's: a cancelled `acquire` loses nothing.
 *
 * A failure of `create` goes to the first in line, and the next one tries again.
 *
 * Cost: O(1) to lend an idle resource and to give it back, without a task unless it is validated; one timer.
 *
 * @example
 * await using pool = new Pool({ create: connect, destroy: (c) => c.close(), max: 10 })
 * const rows = await pool.use((connection) => connection.query('select 1'))
 * @see HikariCP, generic-pool, tarn
 */
export class Pool<T> implements AsyncDisposable {
  static {
    tellOwners(this, (pool) => borrowers(pool.#lent))
  }

  readonly #owner = new Owner()
  readonly #options: PoolOptions<T>
  readonly #min: number
  readonly #idleTime: number
  readonly #maxAge: number
  /** Longest idle first: they are lent from the end and retired from the front. */
  readonly #idle = new RingBuffer<Resource<T>>()
  readonly #line = new WaitQueue<PoolLease<T>>()
  readonly #lent = new Link()
  /** Tasks that make a resource ready for whoever is first in line then. */
  readonly #preparing = new Set<Task<Resource<T>>>()
  readonly #drainers = new WaitQueue()
  readonly #retirement = new Alarm(() => this.#retire())
  readonly #giveBack = (resource: Resource<T>, broken: boolean): void => {
    if (broken || this.#closed || this.#tooOld(resource)) this.#destroy(resource)
    else if (this.#options.validate === undefined) this.#offer(resource)
    else this.#layBy(resource)
  }
  #clock: Runtime['clock'] = currentScope().runtime.clock
  /** Those that are there, are being made, or are being destroyed. */
  #size = 0
  #dying = 0
  #closed = false
  #errors: unknown[] = []

  constructor(options: PoolOptions<T>) {
    checkPoolOptions(options)
    const { min = 0, max, idle = Infinity, maxAge = Infinity } = options
    this.#min = Math.min(min, max)
    this.#idleTime = idle
    this.#maxAge = maxAge
    this.#options = options
    this.#replenish()
  }

  /** How many there are: idle, lent, being made or being destroyed. */
  get size(): number {
    return this.#size
  }

  /** How many lie idle. */
  get available(): number {
    return this.#idle.size
  }

  /** How many calls wait in line. */
  get waiting(): number {
    return this.#line.size
  }

  /**
   * Borrows a resource. Dispose the lease to give it back; twice is once.
   *
   * Cancellation: borrows nothing, or was lent one and keeps it. What was being made for it goes on, for
   * the next one in line or to lie idle.
   *
   * @throws ClosedError when the pool is drained, also while waiting
   * @throws what `create` throws, when this call is first in line then
   */
  acquire(): Promise<PoolLease<T>> {
    if (this.#closed) return refused(turnAway)
    const scope = currentScope()
    this.#clock = scope.runtime.clock
    if (scope.governor === undefined && this.#line.size === 0 && !this.#options.validate) {
      const resource = this.#takeIdle()
      if (resource !== undefined) {
        return ready('Pool.acquire', this, this.#lend(resource, scope), scope)
      }
    }
    const lease = suspend(new Waiter<PoolLease<T>>('Pool.acquire', this, this.#line))
    this.#prepare()
    return lease
  }

  /** Runs `fn` with a borrowed resource, and gives it back. */
  async use<R>(fn: (value: T) => PromiseLike<R> | R): Promise<R> {
    requireFunction('Pool.use: fn', fn)
    const lease = await this.acquire()
    try {
      return await fn(lease.value)
    } finally {
      void lease[Symbol.asyncDispose]()
    }
  }

  /**
   * Closes the pool: turns away those in line and all who come later, destroys what is idle, and what is
   * lent when it comes back, and waits until nothing is left.
   *
   * Cancellation: stops waiting; the pool stays closed, and its owner still waits for what is destroyed.
   *
   * @throws the first error of `destroy` as it is, with later ones in its `suppressed`
   */
  async drain(): Promise<void> {
    if (!this.#closed) this.#close()
    if (this.#size > 0) await suspend(new Waiter('Pool.drain', this, this.#drainers))
    else throwIfCancelled()
    if (this.#errors.length === 0) return
    const [first, ...later] = this.#errors
    this.#errors = []
    suppress(first, later)
    throw first
  }

  /** Drains it, under a shield. */
  async [Symbol.asyncDispose](): Promise<void> {
    await shield(() => this.drain())
  }

  get [Symbol.toStringTag](): string {
    return 'Pool'
  }

  #close(): void {
    this.#closed = true
    this.#retirement.clear()
    for (const waiter of this.#line) wakeWithError(waiter, closed)
    for (const task of this.#preparing) task.cancel('the pool is drained')
    for (let resource = this.#idle.shift(); resource; resource = this.#idle.shift()) {
      this.#destroy(resource)
    }
  }

  /** Has as many made ready as there are in line, as far as there may be. */
  #prepare(): void {
    const { max } = this.#options
    while (this.#preparing.size < this.#line.size && (this.#idle.size > 0 || this.#size < max)) {
      this.#begin(this.#idle.pop())
    }
  }

  #replenish(): void {
    while (
      !this.#closed &&
      this.#size - this.#dying < this.#min &&
      this.#size < this.#options.max
    ) {
      this.#begin(undefined)
    }
  }

  /** Starts a task that checks an idle resource, or makes one. */
  #begin(idle: Resource<T> | undefined): void {
    if (idle === undefined) this.#size += 1
    const task: Task<Resource<T>> = this.#owner.spawn(
      'Pool',
      () => this.#madeReady(idle),
      (ended) => {
        this.#preparing.delete(task)
        if (ended.state === 'fulfilled') this.#made(ended.value as Resource<T>)
        else this.#notMade(ended.state === 'rejected', () => ended.failure())
      },
    )
    this.#preparing.add(task)
  }

  async #madeReady(idle: Resource<T> | undefined): Promise<Resource<T>> {
    const { create, destroy } = this.#options
    if (idle !== undefined) {
      if (!this.#tooOld(idle) && (await this.#isValid(idle.value))) return idle
      await shield(() => destroy(idle.value)).catch((error: unknown) => this.#blame(error))
      throwIfCancelled()
    }
    const value = await create()
    const now = this.#clock.now()
    return { value, createdAt: now, idleSince: now }
  }

  async #isValid(value: T): Promise<boolean> {
    try {
      return (await this.#options.validate?.(value)) ?? true
    } catch {
      return false
    }
  }

  #made(resource: Resource<T>): void {
    if (this.#closed) this.#destroy(resource)
    else this.#offer(resource)
  }

  #notMade(failed: boolean, error: () => unknown): void {
    const first = this.#line.first
    if (first !== undefined) wakeWithError(first, error)
    else if (failed) this.#blame(error())
    this.#gone()
  }

  /** Gives a resource that is good to the first in line, or lays it by. */
  #offer(resource: Resource<T>): void {
    const first = this.#line.first
    if (first === undefined) this.#layBy(resource)
    else wake(first, this.#lend(resource, first.scope as ScopeNode))
  }

  #layBy(resource: Resource<T>): void {
    resource.idleSince = this.#clock.now()
    this.#idle.push(resource)
    this.#planRetirement()
    this.#prepare()
  }

  #lend(resource: Resource<T>, scope: ScopeNode): PoolLease<T> {
    const lease = new LentResource(resource, this.#giveBack, scope.task)
    lease.linkBefore(this.#lent)
    return lease
  }

  /** The one that was given back last, unless it is too old by now. */
  #takeIdle(): Resource<T> | undefined {
    for (let resource = this.#idle.pop(); resource; resource = this.#idle.pop()) {
      if (!this.#tooOld(resource)) return resource
      this.#destroy(resource)
    }
    return undefined
  }

  #tooOld({ createdAt }: Resource<T>): boolean {
    return this.#maxAge < Infinity && this.#clock.now() - createdAt >= this.#maxAge
  }

  #destroy({ value }: Resource<T>): void {
    this.#dying += 1
    const work = (): Promise<void> => shield(() => this.#options.destroy(value))
    this.#owner.spawn('Pool', work, (task) => {
      this.#dying -= 1
      if (task.state === 'rejected') this.#blame(task.error)
      this.#gone()
      this.#replenish()
    })
  }

  /** There is one less. */
  #gone(): void {
    this.#size -= 1
    this.#prepare()
    if (this.#closed && this.#size === 0) {
      for (const waiter of this.#drainers) wake(waiter, undefined)
    }
  }

  #planRetirement(): void {
    const oldest = this.#idle.at(0)
    if (this.#idleTime === Infinity || oldest === undefined) return
    if (this.#size - this.#dying <= this.#min) return
    this.#retirement.set(this.#clock, oldest.idleSince + this.#idleTime)
  }

  #retire(): void {
    const now = this.#clock.now()
    for (let oldest = this.#idle.at(0); oldest !== undefined; oldest = this.#idle.at(0)) {
      const spare = this.#size - this.#dying > this.#min
      if (!spare || oldest.idleSince + this.#idleTime > now) break
      this.#idle.shift()
      this.#destroy(oldest)
    }
    this.#planRetirement()
  }

  /** Never throws: the books are to be kept, whatever `onError` does. */
  #blame(error: unknown): void {
    const { onError } = this.#options
    try {
      if (onError !== undefined) onError(error)
      else if (this.#closed) this.#errors.push(error)
      else report(error)
    } catch (thrown) {
      report(thrown)
    }
  }
}

function closed(): ClosedError {
  return new ClosedError('Pool.acquire: the pool is drained; make a new one')
}

function turnAway(): never {
  throw closed()
}
