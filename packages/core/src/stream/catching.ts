import { closeFailed } from '../flow/source.ts'
import { isUncancelled } from '../lowlevel.ts'
import type { Cursor, End, Source } from './cursor.ts'

/** When the source fails, it is closed, and what `recover` gives is walked in its place. */
export function catching<T, R>(
  source: Source<T>,
  recover: (error: unknown) => Source<R> | PromiseLike<Source<R>>,
): Source<T | R> {
  return {
    open(scope) {
      let cursor: Cursor<T | R> | undefined
      let recovered = false
      let closed = false
      const goOn = async (error: unknown): Promise<T | R | End> => {
        const failed = cursor
        if (recovered || closed || !isUncancelled()) throw error
        recovered = true
        cursor = undefined
        const caught = await closeFailed({ close: () => failed?.close() }, error).catch(
          (e: unknown) => e,
        )
        const rest = await recover(caught)
        if (closed) throw error
        cursor = rest.open(scope)
        return cursor.next()
      }
      return {
        next() {
          try {
            const item = (cursor ??= source.open(scope)).next()
            return item instanceof Promise ? item.catch(goOn) : item
          } catch (error) {
            return goOn(error)
          }
        },
        close() {
          closed = true
          return cursor?.close()
        },
      }
    },
  }
}
