import { suspend, Waiter, wake, wakeWithError } from 'corral/lowlevel'

/**
 * Waits for a callback of Node's. The first call counts; what comes later, or after a cancellation, is dropped.
 * In a cancelled scope nothing is begun.
 *
 * @param kind how the wait is called in reports
 */
export function calledBack<T = void>(
  kind: string,
  resource: object | undefined,
  begin: (done: (value: T) => void, failed: (error: unknown) => void) => void,
): Promise<T> {
  const waiter = new Waiter<T>(kind, resource)
  const result = suspend(waiter)
  if (waiter.state !== 'waiting') return result
  begin(
    (value) => wake(waiter, value),
    (error) => wakeWithError(waiter, () => error),
  )
  return result
}
