import { suspend, Waiter, WaitQueue, wake } from '../lowlevel.ts'
import type { ScopeNode } from '../lowlevel.ts'
import { checkpoint } from '../scope/checkpoint.ts'
import { END, ITEMS_PER_TURN } from './cursor.ts'
import type { Cursor, End, Opener } from './cursor.ts'
import { drain } from './drain.ts'
import { Relay } from './relay.ts'

/** What is made of an item: something to walk in its turn. */
export type Expand<T, R> = (item: T, index: number) => Opener<R> | PromiseLike<Opener<R>>

/** The items of one inner source after those of another. */
export function joining<T, R>(source: Opener<T>, expand: Expand<T, R>): Opener<R> {
  return { open: (scope) => new Join(source.open(scope), expand, scope) }
}

/** The items of at most `concurrency` inner sources as they come, each source in a task of its own. */
export function merging<T, R>(
  kind: string,
  source: Opener<T>,
  expand: Expand<T, R>,
  concurrency: number,
): Opener<R> {
  const begin = (relay: Relay<R>): void =>
    relay.spawn(async (scope) => {
      const room = new WaitQueue()
      let index = 0
      let active = 0
      await drain(source, scope, async (item) => {
        const inner = await expand(item, index++)
        active += 1
        relay.spawn(async (scope) => {
          await drain(inner, scope, (item) => relay.emit(item, scope))
          active -= 1
          if (room.first !== undefined) wake(room.first, undefined)
        })
        // No item is taken before it can be worked on.
        if (active >= concurrency) await suspend(new Waiter(kind, relay, room), scope)
      })
    })
  return { open: (scope) => new Relay<R>(kind, scope, 0, begin) }
}

class Join<T, R> implements Cursor<R> {
  readonly #outer: Cursor<T>
  readonly #expand: Expand<T, R>
  readonly #scope: ScopeNode
  #inner: Cursor<R> | undefined
  #index = 0
  #closed = false

  constructor(outer: Cursor<T>, expand: Expand<T, R>, scope: ScopeNode) {
    this.#outer = outer
    this.#expand = expand
    this.#scope = scope
  }

  next(): R | End | Promise<R | End> {
    const item = this.#inner === undefined ? END : this.#inner.next()
    return item === END || item instanceof Promise ? this.#follow(item) : item
  }

  async close(): Promise<void> {
    this.#closed = true
    try {
      await this.#inner?.close()
    } finally {
      await this.#outer.close()
    }
  }

  /** The next item of the inner source, or of the one after it. */
  async #follow(first: R | End | Promise<R | End>): Promise<R | End> {
    let item = await first
    for (let turn = 1; item === END; turn++) {
      const next = await this.#outer.next()
      if (next === END) return END
      const inner = await this.#expand(next, this.#index++)
      if (this.#closed) return END // meanwhile: nobody would close it
      this.#inner = inner.open(this.#scope)
      item = await this.#inner.next()
      if (turn % ITEMS_PER_TURN === 0) await checkpoint()
    }
    return item
  }
}
