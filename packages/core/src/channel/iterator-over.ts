import { end } from './receiver-queue.ts'

/**
 * An async iterator whose steps `next` makes. Leaving a loop over it does nothing; that it can be told
 * to says that a step under way ends by itself when it is cancelled, so that its item can be waited for.
 */
export function iteratorOver<T>(
  next: () => Promise<IteratorResult<T, undefined>>,
): AsyncIterableIterator<T, undefined> {
  return {
    next,
    return: () => Promise.resolve(end),
    [Symbol.asyncIterator]() {
      return this
    },
  }
}
