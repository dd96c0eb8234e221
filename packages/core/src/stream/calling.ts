import { isThenable } from './cursor.ts'
import type { MakeStep } from './transform.ts'

/** Calls `fn` with each item, and goes on with its result, or with what `use` makes of that. */
export function calling<T, R>(
  fn: (item: T, index: number) => R | PromiseLike<R>,
  use?: (result: R, item: T) => unknown,
): MakeStep {
  return () => {
    let index = 0
    if (use === undefined) return (item) => fn(item as T, index++)
    return (item) => {
      const result = fn(item as T, index++)
      if (isThenable(result)) return result.then((result) => use(result, item as T))
      return use(result, item as T)
    }
  }
}
