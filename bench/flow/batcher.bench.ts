import DataLoader from 'dataloader'
import { Batcher, run } from 'corral'
import type { Suite } from '../harness/suite.ts'

const size = 100

async function double(keys: readonly number[]): Promise<number[]> {
  return keys.map((key) => key * 2)
}

/** `n` loads, `size` of them together each time. */
async function together(n: number, load: (key: number) => Promise<number>): Promise<void> {
  for (let i = 0; i < n; i += size) {
    await Promise.all(Array.from({ length: size }, (_, k) => load(i + k)))
  }
}

export const suites: Suite[] = [
  {
    title: 'Batcher, 100 in a batch',
    operation: 'one load',
    n: 50_000,
    budgets: { dataloader: 3 },
    cases: {
      corral: (n) =>
        run(async () => {
          const batcher = new Batcher(double, { maxSize: size })
          await together(n, (key) => batcher.load(key))
        }),
      dataloader: (n) => {
        const loader = new DataLoader(double, { maxBatchSize: size, cache: false })
        return together(n, (key) => loader.load(key))
      },
    },
  },
]
