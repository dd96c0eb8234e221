import async from 'async'
import { Effect } from 'effect'
import fastq from 'fastq'
import pLimit from 'p-limit'
import pMap from 'p-map'
import PQueue from 'p-queue'
import { mapConcurrent, run } from 'corral'
import type { Suite } from '../harness/suite.ts'

const limit = 100

async function work(item: number): Promise<number> {
  return item + 1
}

function items(n: number): number[] {
  return Array.from({ length: n }, (_, i) => i)
}

export const suites: Suite[] = [
  {
    title: 'mapConcurrent, limit 100',
    operation: 'one of 100 000 items',
    n: 100_000,
    budgets: { 'async.mapLimit': 1, floor: 3 },
    cases: {
      floor: async (n) => {
        const source = items(n).entries()
        const results: number[] = []
        await Promise.all(
          Array.from({ length: limit }, async () => {
            for (const [index, item] of source) results[index] = await work(item)
          }),
        )
      },
      corral: (n) => run(() => mapConcurrent(items(n), work, { concurrency: limit })),
      'async.mapLimit': (n) => async.mapLimit(items(n), limit, work),
      fastq: (n) => {
        const queue = fastq.promise(work, limit)
        return Promise.all(items(n).map((item) => queue.push(item)))
      },
      'p-map': (n) => pMap(items(n), work, { concurrency: limit }),
      'p-limit': (n) => {
        const limited = pLimit(limit)
        return Promise.all(items(n).map((item) => limited(() => work(item))))
      },
      'p-queue': (n) => {
        const queue = new PQueue({ concurrency: limit })
        return queue.addAll(items(n).map((item) => () => work(item)))
      },
      effect: (n) =>
        Effect.runPromise(
          Effect.forEach(items(n), (item) => Effect.promise(() => work(item)), {
            concurrency: limit,
          }),
        ),
    },
  },
]
