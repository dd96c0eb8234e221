import { SKIP } from './transform.ts'
import type { MakeStep } from './transform.ts'

/** Leaves out an item that is the same as the one before it. */
export function leavingOutRepeats<T>(same: (a: T, b: T) => boolean): MakeStep {
  return () => {
    let last: { readonly item: T } | undefined
    return (item) => {
      if (last !== undefined && same(last.item, item as T)) return SKIP
      last = { item: item as T }
      return item
    }
  }
}
