import { isLater } from './cursor.ts'
import type { MakeStep } from './transform.ts'

/** Every item as it is, after `fn` has seen it. */
export function tapping<T>(fn: (item: T, index: number) => unknown): MakeStep {
  return () => {
    let index = 0
    return (item) => {
      const done = fn(item as T, index++)
      return isLater(done) ? done.then(() => item) : item
    }
  }
}
