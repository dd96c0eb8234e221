import { isCancellation, suppress } from '../lowlevel.ts'
import { shield } from '../scope/shield.ts'
import { Semaphore } from '../sync/semaphore.ts'
import { interruptibleStep } from './interruptible-step.ts'
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
  let told = false
  const end = (): Promise<unknown> => {
    told = true
    return shield(() => iterator.return?.())
  }
  const next = async (): Promise<IteratorResult<T>> => {
    if (!open) return END
    open = false
    const pending = Promise.resolve(iterator.next())
    const step = await interruptibleStep(pending, iterator.return && end)
    open = step.done !== true && !told
    return step
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
