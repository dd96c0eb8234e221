import { TaskCancelledError } from '../errors.ts'
import {
  currentScope,
  handled,
  isCancellation,
  nurseryOf,
  requireFunction,
  requireLimit,
  requireOptions,
} from '../lowlevel.ts'
import { checkpoint, throwIfCancelled } from '../scope/checkpoint.ts'
import { taskGroup } from '../scope/task-group.ts'
import { closeFailed, sourceOf } from './source.ts'

export interface MapConcurrentOptions {
  /** How many run at the same time, at the most: a whole number of at least 1, or `Infinity`. */
  readonly concurrency: number
}

/** After so many items each task gives others a turn, even if all its work is ready at once. */
const ITEMS_PER_TURN = 32

/**
 * Calls `fn` for each item, at most `concurrency` at the same time, and returns the results in the order
 * of the items. The first failure cancels the running calls, awaits them, and takes no further item.
 *
 * An item is taken only when `fn` can start on it, and every item taken is given to `fn`. What `fn` spawns
 * belongs to its item: the next one is taken when that has ended. Cost: a pool of at most `concurrency`
 * tasks over one iterator, not a task per item.
 *
 * Cancellation: reaches every call of `fn`; all are awaited, the iterator is closed under a shield.
 *
 * @throws the first failure as it is, with later ones in its `suppressed`
 * @example
 * const pages = await mapConcurrent(urls, (url) => download(url), { concurrency: 10 })
 * @see Trio's and anyio's amap, async.mapLimit
 */
export function mapConcurrent<T, R>(
  items: Iterable<T> | AsyncIterable<T>,
  fn: (item: T, index: number) => PromiseLike<R> | R,
  options: MapConcurrentOptions,
): Promise<R[]> {
  return handled(async () => {
    requireFunction('mapConcurrent: fn', fn)
    if (options !== undefined) requireOptions('mapConcurrent', options)
    requireLimit('mapConcurrent: concurrency', options?.concurrency)
    throwIfCancelled()
    const { concurrency } = options
    const source = sourceOf('mapConcurrent', items)
    const results: R[] = []
    try {
      await taskGroup(
        (group) => {
          let workers = 0
          let taking = 0
          const hire = (): void => {
            workers += 1
            group.spawn(work, { name: `mapConcurrent[${workers}]` })
          }
          const work = async (): Promise<void> => {
            const scope = currentScope()
            try {
              for (let turn = 1; ; turn++) {
                if (scope.cancelledBy !== undefined) throwIfCancelled()
                if (turn % ITEMS_PER_TURN === 0) await checkpoint()
                taking += 1
                let step = source.take()
                if ('then' in step) step = await step
                taking -= 1
                if (step.done === true) return
                const index = results.push(undefined as R) - 1
                if (taking === 0 && workers < concurrency && scope.cancelledBy === undefined) hire()
                results[index] = await fn(step.value, index)
                if (scope.nursery !== undefined) await nurseryOf(scope).joinAndThrow()
              }
            } catch (error) {
              if (scope.cancelledBy !== scope || !isCancellation(error)) throw error
              if (nurseryOf(scope).failed) throw nurseryOf(scope).failure
              // Only this task was cancelled, by hand: without its result there is no result.
              throw new TaskCancelledError('of mapConcurrent', scope.reason)
            }
          }
          hire()
        },
        { name: 'mapConcurrent' },
      )
    } catch (error) {
      return await closeFailed(source, error)
    }
    return results
  })
}
