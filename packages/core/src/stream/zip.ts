import { WaitQueue, wake } from '../lowlevel.ts'
import { drain } from './drain.ts'
import { sourcesOf } from './source.ts'
import type { ItemOf, StreamSource } from './source.ts'
import { Stream } from './stream.ts'
import { inTask } from './task-stage.ts'

/** The items of each of several sources. */
export type ItemsOf<S extends readonly unknown[]> = { -readonly [K in keyof S]: ItemOf<S[K]> }

/**
 * The first items of all sources together, then the second ones, and so on. It ends with the shortest
 * source and closes the others. Each source runs in a task of its own, at most one item ahead.
 *
 * Cancellation: cancels every source and awaits them.
 *
 * @throws the first failure of a source; the others are cancelled
 * @example
 * for await (const [name, price] of zip(['a', 'b'], [1, 2])) console.log(name, price)
 * @see Python's zip, aiostream.stream.zip
 */
export function zip<S extends readonly StreamSource<unknown>[]>(...sources: S): Stream<ItemsOf<S>> {
  const openers = sourcesOf('zip', sources)
  return new Stream(
    inTask<ItemsOf<S>>('zip', async (stage) => {
      const others = new WaitQueue()
      let row: unknown[] = []
      let filled = 0
      for (const [column, source] of openers.entries()) {
        stage.spawn(async (scope) => {
          await drain(source, scope, async (item) => {
            row[column] = item
            if (++filled < openers.length) return stage.wait(others, scope)
            const full = row
            row = []
            filled = 0
            await stage.emit(full as ItemsOf<S>, scope)
            for (const other of others) wake(other, undefined)
          })
          stage.stop()
        })
      }
    }),
  )
}
