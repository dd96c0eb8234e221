import { RingBuffer, suspend, Waiter, WaitQueue, wake } from '../lowlevel.ts'
import type { ScopeNode } from '../lowlevel.ts'
import { Crew } from './crew.ts'
import type { Cursor, End, Opener } from './cursor.ts'
import { drain } from './drain.ts'

export interface MapOptions {
  /** How many items are worked on at the same time, at the most: at least 1. Default 1: one after the other. */
  readonly concurrency?: number
  /** Give the results in the order of the items (default), or as they are ready. */
  readonly ordered?: boolean
}

export type Mapper<T, R> = (item: T, index: number) => R | PromiseLike<R>

/** What `fn` makes of each item, several at a time. */
export function mappingConcurrently<T, R>(
  source: Opener<T>,
  fn: Mapper<T, R>,
  concurrency: number,
  ordered: boolean,
): Opener<R> {
  return { open: (scope) => new Workshop(source, fn, concurrency, ordered, scope) }
}

interface Job<T, R> {
  readonly item: T
  readonly index: number
  result: R | undefined
  done: boolean
}

/**
 * One task reads the source, others work; a worker without work waits for some, and a new one is hired
 * only when all have some. At most `limit` jobs are begun and not yet given to the consumer.
 *
 *   source -> reader -> workers -> jobs [ done, done, at work, ... ] -> consumer
 *
 * `jobs` stand in the order of the items, or, where that does not matter, of their end.
 */
class Workshop<T, R> implements Cursor<R> {
  readonly #fn: Mapper<T, R>
  readonly #limit: number
  readonly #ordered: boolean
  readonly #jobs = new RingBuffer<Job<T, R>>()
  readonly #idle = new WaitQueue<Job<T, R> | undefined>()
  readonly #takers = new WaitQueue<R | End>()
  readonly #room = new WaitQueue()
  readonly #crew: Crew<R>
  #begun = 0
  /** Begun and not yet given to the consumer. */
  #open = 0
  #working = 0
  #drained = false
  #closed = false

  constructor(
    source: Opener<T>,
    fn: Mapper<T, R>,
    limit: number,
    ordered: boolean,
    scope: ScopeNode,
  ) {
    this.#fn = fn
    this.#limit = limit
    this.#ordered = ordered
    this.#crew = new Crew('Stream.map', scope, this.#takers, () => {})
    this.#crew.spawn(async (scope) => {
      await drain(source, scope, (item) => this.#begin(item, scope))
      this.#drained = true
      this.#rest()
    })
  }

  next(): R | End | Promise<R | End> {
    if (this.#jobs.at(0)?.done === true && !this.#closed) return this.#take()
    return this.#crew.wait(this)
  }

  close(): Promise<void> | void {
    this.#closed = true
    return this.#crew.close()
  }

  /** Gives the item to a worker, and waits until another one could be given to one. */
  #begin(item: T, scope: ScopeNode): Promise<void> | void {
    const job: Job<T, R> = { item, index: this.#begun++, result: undefined, done: false }
    this.#open += 1
    this.#working += 1
    if (this.#ordered) this.#jobs.push(job)
    const idle = this.#idle.first
    if (idle === undefined) this.#crew.spawn((scope) => this.#work(job, scope))
    else wake(idle, job)
    if (this.#open >= this.#limit) return suspend(new Waiter('Stream.map', this, this.#room), scope)
  }

  async #work(first: Job<T, R>, scope: ScopeNode): Promise<void> {
    let job: Job<T, R> | undefined = first
    while (job !== undefined) {
      job.result = await this.#fn(job.item, job.index)
      job.done = true
      if (!this.#ordered) this.#jobs.push(job)
      this.#working -= 1
      const taker = this.#takers.first
      if (taker !== undefined && this.#jobs.at(0)?.done === true) wake(taker, this.#take())
      this.#rest()
      if (this.#over) return
      job = await suspend(new Waiter('Stream.map', this, this.#idle), scope)
    }
  }

  #take(): R {
    const job = this.#jobs.shift() as Job<T, R>
    this.#open -= 1
    if (this.#room.first !== undefined) wake(this.#room.first, undefined)
    return job.result as R
  }

  /** When there is no more work, the workers need not wait for it. */
  #rest(): void {
    if (this.#over) for (const idle of this.#idle) wake(idle, undefined)
  }

  get #over(): boolean {
    return this.#drained && this.#working === 0
  }
}
