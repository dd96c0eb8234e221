import { requireCount } from '../lowlevel.ts'
import { shield } from '../scope/shield.ts'
import { areAsync } from './items.ts'

/**
 * Cuts items into arrays of `size`, the last one shorter. Nothing is taken ahead of the requested batch;
 * when the source fails, the incomplete batch is dropped.
 *
 * Cancellation: that of the source. Leaving the loop early closes the source, under a shield.
 *
 * @param size a whole number of at least 1
 * @example
 * for await (const rows of batches(readRows(), 500)) await insert(rows)
 * @see Python's itertools.batched
 */
export function batches<T>(items: Iterable<T>, size: number): Iterable<T[]>
export function batches<T>(items: AsyncIterable<T>, size: number): AsyncIterable<T[]>
export function batches<T>(
  items: Iterable<T> | AsyncIterable<T>,
  size: number,
): Iterable<T[]> | AsyncIterable<T[]> {
  requireCount('batches: size', size)
  return areAsync('batches', items)
    ? { [Symbol.asyncIterator]: () => cutAsync(items, size) }
    : { [Symbol.iterator]: () => cut(items, size) }
}

function* cut<T>(items: Iterable<T>, size: number): Generator<T[], void, undefined> {
  let batch: T[] = []
  for (const item of items) {
    if (batch.push(item) < size) continue
    yield batch
    batch = []
  }
  if (batch.length > 0) yield batch
}

async function* cutAsync<T>(
  items: AsyncIterable<T>,
  size: number,
): AsyncGenerator<T[], void, undefined> {
  const iterator = items[Symbol.asyncIterator]()
  let open = false
  try {
    for (;;) {
      const batch: T[] = []
      open = false // a source that throws has ended
      while (batch.length < size) {
        const step = await iterator.next()
        if (step.done === true) {
          if (batch.length > 0) yield batch
          return
        }
        batch.push(step.value)
      }
      open = true
      yield batch
    }
  } finally {
    if (open) await shield(() => iterator.return?.())
  }
}
