import { isThenable } from './cursor.ts'
import type { MakeStep } from './transform.ts'

/** What has been put together so far, after each item. */
export function scanning<T, A>(
  fn: (sum: A, item: T, index: number) => A | PromiseLike<A>,
  initial: A,
): MakeStep {
  return () => {
    let sum = initial
    let index = 0
    return (item) => {
      const next = fn(sum, item as T, index++)
      if (isThenable(next)) return next.then((next) => (sum = next))
      return (sum = next)
    }
  }
}
