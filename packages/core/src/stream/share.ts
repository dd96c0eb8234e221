import { Exchange } from '../channel/exchange.ts'
import { currentScope, RingBuffer, suspend, Waiter, wake, wakeWithError } from '../lowlevel.ts'
import type { ScopeNode } from '../lowlevel.ts'
import { Owner } from '../scope/owner.ts'
import { shield } from '../scope/shield.ts'
import type { Task } from '../scope/task.ts'
import { here } from './crew.ts'
import { END } from './cursor.ts'
import type { Cursor, End, Opener } from './cursor.ts'
import { drain } from './drain.ts'
import { LatestItems } from './latest-items.ts'

export interface SharePolicy {
  /** How many items a reader may be behind: at least 1. Default 1. */
  readonly capacity?: number
  /** When a reader is that far behind: all wait for it (default), or it loses the `oldest` one. */
  readonly drop?: 'none' | 'oldest'
}

/** One walk over the source for all who read at the same time, in the task where this was called. */
export function sharing<T>(source: Opener<T>, capacity: number, drops: boolean): Opener<T> {
  const owner = new Owner()
  let walk: Walk<T> | undefined
  return {
    open: (scope) => {
      walk = walk?.running === true ? walk : new Walk(source, owner)
      return new Reader(walk, scope, capacity, drops)
    },
  }
}

/** It begins with the first reader, and is cancelled when the last one has left. */
class Walk<T> {
  readonly readers = new Set<Reader<T>>()
  running = true
  failed = false
  failure: { readonly error: unknown } | undefined
  readonly task: Task<void>

  constructor(source: Opener<T>, owner: Owner) {
    this.task = owner.spawn(
      'Stream.share',
      () => {
        const scope = currentScope()
        return drain(source, scope, (item) => this.#send(item, scope))
      },
      (task) => {
        this.running = false
        this.failed = task.state === 'rejected'
        if (task.state !== 'fulfilled') this.failure = { error: task.failure() }
        for (const reader of this.readers) reader.end()
      },
    )
  }

  /** Nobody reads any more. */
  async leave(): Promise<void> {
    this.running = false
    this.task.cancel('nobody reads the stream any more')
    await shield(() => this.task.settled())
    if (this.failure !== undefined && this.failed) throw this.failure.error
  }

  /** Those who have room have the item at once; the others are waited for. */
  async #send(item: T, scope: ScopeNode): Promise<void> {
    const waits: Promise<void>[] = []
    for (const reader of this.readers) {
      const wait = reader.offer(item, scope)
      if (wait !== undefined) waits.push(wait)
    }
    for (const wait of waits) await wait
  }
}

class Reader<T> implements Cursor<T> {
  readonly #walk: Walk<T>
  readonly #home: ScopeNode
  readonly #exchange: Exchange<T>
  #closed = false

  constructor(walk: Walk<T>, home: ScopeNode, capacity: number, drops: boolean) {
    this.#home = home
    this.#walk = walk
    const buffer = drops ? new LatestItems<T>(capacity) : new RingBuffer<T>()
    this.#exchange = new Exchange(drops ? Infinity : capacity, buffer)
    walk.readers.add(this)
  }

  /** Takes an item from the walk; what it returns is the wait until there is room for it. */
  offer(item: T, scope: ScopeNode): Promise<void> | void {
    if (this.#exchange.give(item)) return
    return suspend(new Waiter('Stream.share', this, this.#exchange.givers, item), scope)
  }

  /** The walk has ended. */
  end(): void {
    const taker = this.#exchange.takers.first
    const failure = this.#walk.failure
    if (taker === undefined) return
    if (failure === undefined) wake(taker, END as never)
    else wakeWithError(taker, () => failure.error)
  }

  next(): T | End | Promise<T | End> {
    if (this.#exchange.stocked) return this.#exchange.take()
    const { failure, running } = this.#walk
    if (failure !== undefined) return Promise.reject(failure.error)
    if (!running || this.#closed) return END
    const waiter = new Waiter<T>('Stream.share', this, this.#exchange.takers)
    return suspend(waiter, here(this.#home))
  }

  close(): Promise<void> | void {
    if (this.#closed) return
    this.#closed = true
    const { givers, takers, buffer } = this.#exchange
    this.#walk.readers.delete(this)
    buffer.clear()
    for (let giver = givers.first; giver !== undefined; giver = givers.first) wake(giver, undefined)
    if (takers.first !== undefined) wake(takers.first, END as never)
    if (this.#walk.readers.size === 0) return this.#walk.leave()
  }
}
