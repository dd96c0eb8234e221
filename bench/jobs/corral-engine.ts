import { job, openJobs, type StoreFactory } from '@corral/jobs'
import { openGroup, sleep } from 'corral'
import { concurrency, type Engine, type JobInput } from './engine.ts'

/** Ours on one of its stores: ended jobs are kept for a day, as they are unless it is said otherwise. */
export async function corralEngine(store: StoreFactory): Promise<Engine> {
  const jobs = await openJobs(store)
  let handle: ((input: JobInput) => void) | undefined
  const bench = job('bench', (input: JobInput) => handle?.(input))
  return {
    add: async (input) => void (await jobs.add(bench, input)),
    addMany: async (inputs) => void (await jobs.addMany(bench, inputs)),
    work: async (given) => {
      handle = given
      const group = openGroup()
      group.spawn(() => jobs.work([bench], { concurrency }))
      await sleep(0)
      return {
        stop: async () => {
          group.cancel()
          await group[Symbol.asyncDispose]()
        },
      }
    },
    [Symbol.asyncDispose]: () => jobs[Symbol.asyncDispose](),
  }
}
