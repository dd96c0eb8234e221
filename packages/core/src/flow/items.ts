import { refuse } from '../lowlevel.ts'

/** Whether items come asynchronously; refuses what does not come at all. */
export function areAsync<T>(
  api: string,
  items: Iterable<T> | AsyncIterable<T>,
): items is AsyncIterable<T> {
  if (typeof (items as AsyncIterable<T> | null)?.[Symbol.asyncIterator] === 'function') return true
  if (typeof (items as Iterable<T> | null)?.[Symbol.iterator] === 'function') return false
  refuse(`${api}: items`, 'iterable or async iterable', items)
}
