import { SKIP } from './transform.ts'
import type { MakeStep } from './transform.ts'

/** All but the first `count` items. */
export function skipping(count: number): MakeStep {
  return () => {
    let left = count
    return (item) => (left-- > 0 ? SKIP : item)
  }
}
