import { drain } from './drain.ts'
import { sourcesOf } from './source.ts'
import type { StreamSource } from './source.ts'
import { Stream } from './stream.ts'
import { inTask } from './task-stage.ts'
import type { ItemsOf } from './zip.ts'

/**
 * The latest items of all sources, whenever one of them yields a new one, once each has yielded one; it
 * ends when all have ended. Each source runs in a task of its own, and waits until its item is taken.
 *
 * Cancellation: cancels every source and awaits them.
 *
 * @throws the first failure of a source; the others are cancelled
 * @example
 * for await (const [price, rate] of combineLatest(prices, rates)) console.log(price, rate)
 * @see RxJS's combineLatest
 */
export function combineLatest<S extends readonly StreamSource<unknown>[]>(
  ...sources: S
): Stream<ItemsOf<S>> {
  const openers = sourcesOf('combineLatest', sources)
  return new Stream(
    inTask<ItemsOf<S>>('combineLatest', async (stage) => {
      const latest: unknown[] = []
      const seen = new Set<number>()
      for (const [column, source] of openers.entries()) {
        stage.spawn(async (scope) => {
          await drain(source, scope, (item) => {
            latest[column] = item
            seen.add(column)
            if (seen.size === openers.length) return stage.emit([...latest] as ItemsOf<S>, scope)
          })
          if (!seen.has(column)) stage.stop() // there will never be one of each
        })
      }
    }),
  )
}
