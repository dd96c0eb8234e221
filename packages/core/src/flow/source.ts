import { isUncancelled } from '../lowlevel.ts'
import { isCancellation } from '../scope/foreign-cancellation.ts'
import { cancellable } from '../scope/cancellable.ts'
import { shield } from '../scope/shield.ts'
import { suppress } from '../scope/suppressed.ts'
import { Semaphore } from '../sync/semaphore.ts'
import { areAsync } from './items.ts'

const END: IteratorReturnResult<undefined> = { done: true, value: undefined }

/** An iterable that several tasks take from. Each item is taken by one of them; at the end it is closed for sure. */
export interface Source<T> {
  take(): IteratorResult<T> | Promise<IteratorResult<T>>
  /** To be called when nobody takes any more: the iterator is closed unless it has ended by itself. */
  close(): Promise<void> | void
}

export function sourceOf<T>(api: string, items: Iterable<T> | AsyncIterable<T>): Source<T> {
  return areAsync(api, items)
    ? asyncSource(items[Symbol.asyncIterator]())
    : syncSource(items[Symbol.iterator]())
}

/** Closes the source of something that failed with `error`, and throws it: a failure to close is kept with it. */
export async function closeFailed(
  source: Pick<Source<unknown>, 'close'>,
  error: unknown,
): Promise<never> {
  try {
    await source.close()
  } catch (second) {
    if (isCancellation(error)) throw second
    suppress(error, [second])
  }
  throw error
}

function syncSource<T>(iterator: Iterator<T>): Source<T> {
  let open = true
  return {
    take() {
      if (!open) return END
      open = false // an iterator that throws has ended
      const step = iterator.next()
      open = step.done !== true
      return step
    },
    close() {
      if (!open) return
      open = false
      iterator.return?.()
    },
  }
}

function asyncSource<T>(iterator: AsyncIterator<T>): Source<T> {
  const turn = new Semaphore(1)
  let open = true
  const end = (): Promise<unknown> => shield(() => iterator.return?.())
  const next = async (): Promise<IteratorResult<T>> => {
    if (!open) return END
    open = false
    const pending = Promise.resolve(iterator.next())
    try {
      const step = await cancellable(pending)
      open = step.done !== true
      return step
    } catch (error) {
      if (isUncancelled() || iterator.return === undefined) throw error
      const step = await lastStepOf(pending, end())
      if (step.done === true) throw error
      return step
    }
  }
  return {
    // One at a time: iterators need not bear a second `next` while the first one is on its way.
    take: () => turn.use(next),
    async close() {
      if (!open) return
      open = false
      await end()
    },
  }
}

/**
 * Cancelled while the source works on an item: it is told to end, so that one that only waits need
 * not, and what it still gives is waited for. An item that is on its way is not lost. (A source that
 * cannot be told might never give one: it is given up at once.)
 */
async function lastStepOf<T>(
  pending: Promise<IteratorResult<T>>,
  ending: Promise<unknown>,
): Promise<IteratorResult<T>> {
  const [item, end] = await Promise.allSettled([pending, ending])
  if (item.status === 'rejected') {
    if (end.status === 'rejected') suppress(item.reason, [end.reason])
    throw item.reason
  }
  if (end.status === 'rejected') throw end.reason
  return item.value
}
