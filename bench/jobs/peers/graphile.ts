import { Logger, makeWorkerUtils, run } from 'graphile-worker'
import { concurrency, type Engine, type JobInput } from '../engine.ts'

/** graphile-worker, with its local queue and batched completion. */
export async function graphileEngine(url: string): Promise<Engine> {
  const utils = await makeWorkerUtils({ connectionString: url })
  await utils.migrate()
  return {
    add: async (input) => void (await utils.addJob('bench', input)),
    addMany: async (inputs) => {
      await utils.addJobs(inputs.map((payload) => ({ identifier: 'bench', payload })))
    },
    work: async (handle) => {
      const runner = await run({
        connectionString: url,
        noHandleSignals: true,
        taskList: { bench: async (payload) => handle(payload as JobInput) },
        preset: {
          worker: {
            concurrentJobs: concurrency,
            localQueue: { size: 100 },
            completeJobBatchDelay: 0,
            failJobBatchDelay: 0,
          },
        },
        logger: new Logger(() => () => {}),
      })
      return {
        stop: async () => {
          await runner.stop()
        },
      }
    },
    [Symbol.asyncDispose]: async () => await utils.release(),
  }
}
