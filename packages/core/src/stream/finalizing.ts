import { shield } from '../scope/shield.ts'
import { END } from './cursor.ts'
import type { End, Source } from './cursor.ts'

/** Calls `fn` once when a walk is over, however it ended, after the source has been closed. */
export function finalizing<T>(source: Source<T>, fn: () => unknown): Source<T> {
  return {
    open(scope) {
      const cursor = source.open(scope)
      let over: Promise<void> | undefined
      const finish = (): Promise<void> => (over ??= shield(async () => void (await fn())))
      const pass = (item: T | End): T | End | Promise<T | End> =>
        item === END ? finish().then(() => END) : item
      return {
        next() {
          const item = cursor.next()
          return item instanceof Promise ? item.then(pass) : pass(item)
        },
        async close() {
          try {
            await cursor.close()
          } finally {
            await finish()
          }
        },
      }
    },
  }
}
