import { suspend, Waiter, wake, wakeWithError } from 'corral/lowlevel'

/**
 * Waits for a Node callback. The first call counts; later ones, or those after a cancellation, are dropped. In a
 * cancelled scope nothing is started.
 *
 * @param kind the name of the wait in reports
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
