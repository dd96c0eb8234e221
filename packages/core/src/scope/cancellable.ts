import { Waiter } from '../kernel/records.ts'
import { suspend, wake, wakeWithError } from '../kernel/suspend.ts'

/**
 * Waits for a foreign promise, and gives up waiting when cancelled. The work behind the promise continues:
 * pass it `currentSignal()` if it takes one. Its outcome after that is dropped. A value that is not a
 * promise is returned, as by `await`.
 *
 * Cancellation: throws `Cancelled`; the promise is left alone.
 *
 * @example
 * const [event] = await cancellable(once(emitter, 'ready'))
 */
export function cancellable<T>(promise: PromiseLike<T>): Promise<T> {
  const waiter = new Waiter<T>('cancellable', promise)
  const result = suspend(waiter)
  Promise.resolve(promise).then(
    (value) => wake(waiter, value),
    (error: unknown) => wakeWithError(waiter, () => error),
  )
  return result
}
