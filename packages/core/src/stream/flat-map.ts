import { WaitQueue, wake } from '../lowlevel.ts'
import { checkpoint } from '../scope/checkpoint.ts'
import { END, ITEMS_PER_TURN } from './cursor.ts'
import type { Cursor, End, Source } from './cursor.ts'
import { drain } from './drain.ts'
import { inTask } from './task-stage.ts'

/** What is made of an item: something to walk in its turn. */
export type Expand<T, R> = (item: T, index: number) => Source<R> | PromiseLike<Source<R>>

/** The items of one inner source after those of another. */
export function joining<T, R>(source: Source<T>, expand: Expand<T, R>): Source<R> {
  return {
    open(scope) {
      const outer = source.open(scope)
      let inner: Cursor<R> | undefined
      let index = 0
      let closed = false
      /** The next item of the inner source, or of the one after it. */
      const follow = async (first: R | End | Promise<R | End>): Promise<R | End> => {
        let item = await first
        for (let turn = 1; item === END; turn++) {
          const next = await outer.next()
          if (next === END) return END
          const made = await expand(next, index++)
          if (closed) return END // meanwhile: nobody would close it
          inner = made.open(scope)
          item = await inner.next()
          if (turn % ITEMS_PER_TURN === 0) await checkpoint()
        }
        return item
      }
      return {
        next() {
          const item = inner === undefined ? END : inner.next()
          return item === END || item instanceof Promise ? follow(item) : item
        },
        async close() {
          closed = true
          try {
            await inner?.close()
          } finally {
            await outer.close()
          }
        },
      }
    },
  }
}

/** The items of at most `concurrency` inner sources as they come, each source in a task of its own. */
export function merging<T, R>(
  kind: string,
  source: Source<T>,
  expand: Expand<T, R>,
  concurrency: number,
): Source<R> {
  return inTask(kind, async (stage, scope) => {
    const room = new WaitQueue()
    let index = 0
    let active = 0
    await drain(source, scope, async (item) => {
      const inner = await expand(item, index++)
      active += 1
      stage.spawn(async (scope) => {
        await stage.emitAll(inner, scope)
        active -= 1
        if (room.first !== undefined) wake(room.first, undefined)
      })
      // No item is taken before it can be worked on.
      if (active >= concurrency) await stage.wait(room, scope)
    })
  })
}
