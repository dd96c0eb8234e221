import { ClosedError } from '../errors.ts'
import {
  currentScope,
  failAll,
  handled,
  HomeContext,
  nameResource,
  ready,
  refused,
  report,
  requireFunction,
  RingBuffer,
  setTaskShield,
  suppress,
  suspend,
  tellOwners,
  tellStats,
  Timer,
  Waiter,
  WaitQueue,
  wake,
  wakeAll,
  wakeWithError,
} from '../lowlevel.ts'
import type { ResourceStats, Runtime, ScopeNode } from '../lowlevel.ts'
import { throwIfCancelled } from '../scope/checkpoint.ts'
import { shield } from '../scope/shield.ts'
import type { Task } from '../scope/task.ts'
import { PresenceQueue } from '../sync/presence-queue.ts'
import { whileHeld } from '../sync/while-held.ts'
import { LentResource } from './pool-lease.ts'
import type { PoolLease } from './pool-lease.ts'
import { completePoolOptions } from './pool-options.ts'
import type { CompletePoolOptions, PoolOptions } from './pool-options.ts'
import { Resource } from './pool-resource.ts'

/**
 * Lends resources that are expensive to make, such as connections, each to one borrower at a time, first
 * come, first served. The one returned last is lent first. `create`, `validate` and `destroy` run in the
 * scope and the context where the pool was made, not in a borrower's: a cancelled `acquire` loses nothing.
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
    tellOwners(this, (pool) => [
      ...new Set([...pool.#all].flatMap(({ borrower }) => borrower ?? [])),
    ])
    tellStats<Pool<unknown>>(this, (pool) => pool.#stats())
  }

  readonly #owner = new HomeContext()
  readonly #options: CompletePoolOptions<T>
  /** Those that are there, are being made, or are being destroyed. */
  readonly #all = new Set<Resource<T>>()
  /** Longest idle first: they are lent from the end and retired from the front. */
  readonly #idle = new RingBuffer<Resource<T>>()
  /** While anybody stands in it, what is being made ready is kept from the cancellation of the owner. */
  readonly #line = new PresenceQueue<PoolLease<T>>((somebody) => {
    for (const task of this.#preparing) setTaskShield(task, somebody)
  })
  /** Tasks that make a resource ready for whoever is first in line then. */
  readonly #preparing = new Set<Task<void>>()
  readonly #drainers = new WaitQueue()
  readonly #retirement = new Timer(() => this.#retire(this.#clock.now()))
  readonly #giveBack = (resource: Resource<T>, broken: boolean): void => {
    if (broken || this.#isOld(resource)) this.#destroy(resource)
    else this.#keep(resource, this.#options.validate === undefined)
  }
  #clock: Runtime['clock'] = currentScope().runtime.clock
  /** How many are being destroyed. */
  #dying = 0
  #closed = false
  readonly #errors: unknown[] = []

  constructor(options: PoolOptions<T>) {
    this.#options = completePoolOptions(options)
    nameResource('Pool', this, options)
    this.#replenish()
  }

  /** How many there are: idle, lent, being made or being destroyed. */
  get size(): number {
    return this.#all.size
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
    if (this.#closed) return Promise.reject(closed())
    const scope = currentScope()
    this.#clock = scope.runtime.clock
    if (scope.cancelledBy === undefined && this.#line.size === 0 && !this.#options.validate) {
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
  use<R>(fn: (value: T) => PromiseLike<R> | R): Promise<R> {
    if (typeof fn !== 'function') return refused(() => requireFunction('Pool.use: fn', fn))
    return whileHeld(this.acquire(), ({ value }) => fn(value), giveBack)
  }

  /**
   * Closes the pool: turns away those in line and all who come later, destroys what is idle, and what is
   * lent when it comes back, and waits until nothing is left.
   *
   * Cancellation: stops waiting; the pool stays closed, and its owner still waits for what is destroyed.
   *
   * @throws the first error of `destroy` as it is, with later ones in its `suppressed`
   */
  drain(): Promise<void> {
    return handled(async () => {
      this.#closed = true
      this.#retirement.clear()
      failAll(this.#line, closed)
      for (const task of this.#preparing) task.cancel('the pool is drained')
      for (let resource = this.#idle.shift(); resource; resource = this.#idle.shift()) {
        this.#destroy(resource)
      }
      if (this.#all.size > 0) await suspend(new Waiter('Pool.drain', this, this.#drainers))
      else throwIfCancelled()
      const errors = this.#errors.splice(0)
      if (errors.length === 0) return
      suppress(errors[0], errors)
      throw errors[0]
    })
  }

  /** Drains it, under a shield. */
  async [Symbol.asyncDispose](): Promise<void> {
    await shield(() => this.drain())
  }

  get [Symbol.toStringTag](): string {
    return 'Pool'
  }

  #stats(): ResourceStats {
    const held = this.#all.size - this.#idle.size - this.#preparing.size - this.#dying
    const known = [...this.#all].filter(({ borrower }) => borrower !== undefined).length
    return {
      type: 'Pool',
      size: this.size,
      capacity: this.#options.max,
      held,
      holdersUnknown: known < held,
      waiting: this.waiting,
      state: this.#closed ? 'closed' : 'open',
    }
  }

  /** Has as many made ready as there are in line, as far as there may be. */
  #prepare(): void {
    const { max } = this.#options
    while (
      this.#preparing.size < this.#line.size &&
      (this.#idle.size > 0 || this.#all.size < max)
    ) {
      this.#begin(this.#idle.pop())
    }
  }

  /** Has as many made ahead as are to be kept. */
  #replenish(): void {
    const { min, max } = this.#options
    while (!this.#closed && this.#all.size - this.#dying < min && this.#all.size < max) {
      this.#begin()
    }
  }

  /** Starts a task that checks an idle resource, or makes one. */
  #begin(resource: Resource<T> = new Resource()): void {
    this.#all.add(resource)
    const task = this.#owner.spawn(
      'Pool',
      () => this.#makeReady(resource),
      (ended) => {
        this.#preparing.delete(task)
        if (ended.state === 'fulfilled') return this.#keep(resource, true)
        const first = this.#line.first
        if (first !== undefined) wakeWithError(first, () => ended.failure())
        else if (ended.state === 'rejected') this.#blame(ended.error)
        this.#gone(resource)
      },
    )
    this.#preparing.add(task)
    if (this.#line.size > 0) setTaskShield(task, true)
  }

  async #makeReady(resource: Resource<T>): Promise<void> {
    const { create, validate, maxAge } = this.#options
    if (resource.oldAt !== undefined) {
      try {
        if (!this.#isOld(resource) && ((await validate?.(resource.value)) ?? true)) return
      } catch {
        // An error means bad, too.
      }
      await this.#end(resource).catch((error: unknown) => this.#blame(error))
      throwIfCancelled()
    }
    resource.value = await create()
    resource.oldAt = this.#clock.now() + maxAge
  }

  /** Gives a resource that is fit to the first in line; if nobody waits, or it is to be checked, it is laid by. */
  #keep(resource: Resource<T>, fit: boolean): void {
    const first = this.#line.first
    if (this.#closed) {
      this.#destroy(resource)
    } else if (fit && first !== undefined) {
      wake(first, this.#lend(resource, first.scope as ScopeNode))
    } else {
      resource.idleSince = this.#clock.now()
      this.#idle.push(resource)
      this.#retire(-Infinity)
      this.#prepare()
    }
  }

  #lend(resource: Resource<T>, { task }: ScopeNode): PoolLease<T> {
    return new LentResource(resource, task, this.#giveBack)
  }

  /** The one that was given back last, unless it is too old by now. */
  #takeIdle(): Resource<T> | undefined {
    let resource = this.#idle.pop()
    while (resource !== undefined && this.#isOld(resource)) {
      this.#destroy(resource)
      resource = this.#idle.pop()
    }
    return resource
  }

  #isOld({ oldAt = Infinity }: Resource<T>): boolean {
    return oldAt < Infinity && this.#clock.now() >= oldAt
  }

  #destroy(resource: Resource<T>): void {
    this.#dying += 1
    this.#owner.spawn(
      'Pool',
      () => this.#end(resource),
      (task) => {
        this.#dying -= 1
        if (task.state === 'rejected') this.#blame(task.error)
        this.#gone(resource)
        this.#replenish()
      },
    )
  }

  #end({ value }: Resource<T>): Promise<void> {
    return shield(() => this.#options.destroy(value))
  }

  /** There is one less. */
  #gone(resource: Resource<T>): void {
    this.#all.delete(resource)
    this.#prepare()
    if (this.#all.size > 0) return
    wakeAll(this.#drainers, undefined)
  }

  /** Destroys those above `min` whose idle time was over at `now`, and plans when to look again. */
  #retire(now: number): void {
    const { min, idle } = this.#options
    while (this.#all.size - this.#dying > min) {
      const oldest = this.#idle.at(0)
      if (oldest === undefined) return
      const due = oldest.idleSince + idle
      if (due > now) return this.#retirement.set(this.#clock, due)
      this.#idle.shift()
      this.#destroy(oldest)
    }
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

function giveBack(lease: PoolLease<unknown>): void {
  void lease[Symbol.asyncDispose]()
}

function closed(): ClosedError {
  return new ClosedError('Pool.acquire: the pool is drained; make a new one')
}
