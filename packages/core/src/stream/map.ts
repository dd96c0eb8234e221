import type { MakeStep } from './transform.ts'

/** What `fn` makes of each item. */
export function mapping<T>(fn: (item: T, index: number) => unknown): MakeStep {
  return () => {
    let index = 0
    return (item) => fn(item as T, index++)
  }
}
