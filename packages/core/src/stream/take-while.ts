import { END, isThenable } from './cursor.ts'
import type { Cursor, End, Source } from './cursor.ts'

/** The items up to the first one for which `fn` gives something false; then the source is closed. */
export function takingWhile<T>(
  source: Source<T>,
  fn: (item: T, index: number) => unknown,
): Source<T> {
  return {
    open(scope) {
      const cursor = source.open(scope)
      let index = 0
      let over = false
      const finish = (): End | Promise<End> => {
        over = true
        const closed = cursor.close()
        return closed instanceof Promise ? closed.then(() => END) : END
      }
      const check = (item: T | End): T | End | Promise<T | End> => {
        if (item === END) return END
        const goesOn = fn(item, index++)
        const use = (goesOn: unknown): T | End | Promise<End> => (goesOn ? item : finish())
        return isThenable(goesOn) ? (goesOn.then(use) as Promise<T | End>) : use(goesOn)
      }
      return {
        next() {
          if (over) return END
          const item = cursor.next()
          return item instanceof Promise ? item.then(check) : check(item)
        },
        close: () => cursor.close(),
      } satisfies Cursor<T>
    },
  }
}
