import { isLater } from './cursor.ts'
import { SKIP } from './transform.ts'
import type { MakeStep } from './transform.ts'

/** The items for which `fn` gives something truthy. */
export function filtering<T>(fn: (item: T, index: number) => unknown): MakeStep {
  return () => {
    let index = 0
    return (item) => {
      const keep = fn(item as T, index++)
      if (isLater(keep)) return keep.then((keep) => (keep ? item : SKIP))
      return keep ? item : SKIP
    }
  }
}
