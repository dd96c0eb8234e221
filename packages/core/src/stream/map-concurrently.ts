import { nurseryOf, RingBuffer, WaitQueue, wake } from '../lowlevel.ts'
import type { ScopeNode } from '../lowlevel.ts'
import type { Source } from './cursor.ts'
import { drain } from './drain.ts'
import { TaskStage } from './task-stage.ts'

export interface MapOptions<in T = never> {
  /** How many items are worked on at the same time, at the most: at least 1. Default 1: one after the other. */
  readonly concurrency?: number
  /** Give the results in the order of the items (default), or as they are ready. */
  readonly ordered?: boolean
  /**
   * Items with the same key are worked on one after the other, in their order; those of other keys beside them.
   * For the events of an account, say. Compared as the keys of a Map.
   */
  readonly key?: (item: T) => unknown
}

interface Job<T, R> {
  readonly item: T
  readonly index: number
  readonly key: unknown
  result: R | undefined
  done: boolean
  /** The one of the same key that waits for the end of this one. */
  next: Job<T, R> | undefined
}

/**
 * What `fn` makes of each item, several at a time.
 *
 * One task reads the source, others work; a worker without work waits for some, and a new one is hired
 * only when all have some. At most `limit` jobs are begun and not yet taken by the consumer.
 *
 *   source -> reader -> workers -> jobs [ done, at work, ... ] -> stage [ results ] -> consumer
 *
 * `jobs` stand in the order of the items, or, where that does not matter, of their end. With `key` a job whose key
 * is at work is chained to the last one of its key, and done by the same worker after it.
 */
export function mappingConcurrently<T, R>(
  source: Source<T>,
  fn: (item: T, index: number) => R | PromiseLike<R>,
  limit: number,
  ordered: boolean,
  key?: (item: T) => unknown,
): Source<R> {
  return {
    open(scope) {
      const jobs = new RingBuffer<Job<T, R>>()
      const idle = new WaitQueue<Job<T, R> | undefined>()
      const room = new WaitQueue()
      /** The last job of each key that is at work. */
      const lastOf = new Map<unknown, Job<T, R>>()
      let begun = 0
      let drained = false

      const read = async (stage: TaskStage<R>, scope: ScopeNode): Promise<void> => {
        await drain(source, scope, (item): Promise<void> | void => {
          const job: Job<T, R> = {
            item,
            index: begun++,
            key: key?.(item),
            result: undefined,
            done: false,
            next: undefined,
          }
          if (ordered) jobs.push(job)
          if (isChained(job)) {
            // it is done after the one before it
          } else if (idle.first === undefined) stage.spawn((scope) => work(job, scope))
          else wake(idle.first, job)
          if (begun - stage.taken >= limit) return stage.wait(room, scope)
        })
        drained = true
        for (const worker of idle) wake(worker, undefined)
      }

      const work = async (first: Job<T, R>, scope: ScopeNode): Promise<void> => {
        let job: Job<T, R> | undefined = first
        while (job !== undefined) {
          job.result = await fn(job.item, job.index)
          if (scope.nursery !== undefined) await nurseryOf(scope).joinAndThrow() // what the item spawned
          job.done = true
          if (!ordered) jobs.push(job)
          while (jobs.at(0)?.done === true) void stage.emit(jobs.shift()?.result as R, scope)
          makeRoom()
          job = nextOf(job) ?? (drained ? undefined : await stage.wait(idle, scope))
        }
      }

      const isChained = (job: Job<T, R>): boolean => {
        if (key === undefined) return false
        const before = lastOf.get(job.key)
        lastOf.set(job.key, job)
        if (before !== undefined) before.next = job
        return before !== undefined
      }

      const nextOf = (job: Job<T, R>): Job<T, R> | undefined => {
        if (key !== undefined && job.next === undefined) lastOf.delete(job.key)
        return job.next
      }

      const makeRoom = (): void => {
        if (room.first !== undefined && begun - stage.taken < limit) wake(room.first, undefined)
      }

      const stage = new TaskStage('Stream.map', scope, read, Infinity)
      return {
        next() {
          const item = stage.next()
          makeRoom()
          return item
        },
        close: () => stage.close(),
      }
    },
  }
}
