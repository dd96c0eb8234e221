import { isUncancelled, suppress } from '../lowlevel.ts'
import { cancellable } from '../scope/cancellable.ts'

/**
 * A step of an async iterator of the user's, as an item of it. Cancelled while the iterator works on it: the iterator is
 * told to end, so that one that only waits need not, and what it still gives is waited for: an item that is on its way
 * is not lost. (One that cannot be told might never give it, and is given up at once.)
 *
 * @param end tells the iterator to end; undefined where that cannot be told
 */
export async function interruptibleStep<T>(
  step: Promise<IteratorResult<T>>,
  end: (() => unknown) | undefined,
): Promise<IteratorResult<T>> {
  try {
    return await cancellable(step)
  } catch (error) {
    if (isUncancelled() || end === undefined) throw error
    const [last, ended] = await Promise.allSettled([step, (async () => end())()])
    if (last.status === 'rejected') {
      if (ended.status === 'rejected') suppress(last.reason, [ended.reason])
      throw last.reason
    }
    if (ended.status === 'rejected') throw ended.reason
    if (last.value.done === true) throw error
    return last.value
  }
}
