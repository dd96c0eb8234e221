import { WaitQueue, wakeWithError } from '../lowlevel.ts'
import type { Waiter } from '../lowlevel.ts'
import type { HomeContext } from '../scope/home.ts'
import type { Task } from '../scope/task.ts'

/** Work that several wait for. */
export interface SharedWork<V> {
  readonly task: Task<unknown>
  /** Those who wait for it. */
  readonly line: WaitQueue<V>
}

/**
 * Has a task of the owner's work for all who stand in the line that is returned, whoever of them asked
 * first. A failure is theirs; when all have left, the task is cancelled.
 *
 * @param over told when those who come now are to have work of their own: it has ended, or nobody waits
 * @param give hands one of them what the work has brought
 * @param left told of each who gave up
 */
export function shareWork<T, V>(
  owner: HomeContext,
  name: string,
  work: () => PromiseLike<T> | T,
  over: () => void,
  give: (waiter: Waiter<V>, value: T) => void,
  left?: (waiter: Waiter<V>) => void,
): SharedWork<V> {
  const line = new WaitQueue<V>((waiter) => {
    left?.(waiter)
    if (line.size > 0) return
    over()
    task.cancel('nobody waits for it any more')
  })
  const task = owner.spawn(name, work, (ended) => {
    over()
    for (let waiter = line.first; waiter !== undefined; waiter = line.first) {
      if (ended.state === 'fulfilled') give(waiter, ended.value as T)
      else wakeWithError(waiter, () => ended.failure())
    }
  })
  return { task, line }
}
