/** An async iterator whose steps `next` makes. Leaving a loop over it does nothing. */
export function iteratorOver<T>(
  next: () => Promise<IteratorResult<T, undefined>>,
): AsyncIterableIterator<T, undefined> {
  return {
    next,
    [Symbol.asyncIterator]() {
      return this
    },
  }
}
