import { gather, mapConcurrent, sleep } from '../../../src/index.ts'
import { failpoint, FailpointError } from '../../../src/testing.ts'
import type { Service } from './service.ts'

export const multipart: Service = {
  what: 'a part that failed is counted as uploaded when its neighbour is retried',
  program: (mended) => async () => {
    const stored = new Set<number>()
    let completed = false
    async function put(part: number): Promise<void> {
      await failpoint(`PUT part ${part}`)
      stored.add(part)
    }
    async function upload(): Promise<void> {
      let failed: number[] = [1, 2, 3]
      for (let round = 0; round < 4 && failed.length > 0; round++) {
        const again: number[] = []
        await mapConcurrent(
          failed,
          async (part) => {
            try {
              await put(part)
            } catch (error) {
              if (!(error instanceof FailpointError)) throw error
              if (mended || again.length > 0 || part !== 3) again.push(part)
            }
          },
          { concurrency: 2 },
        )
        failed = again
        await sleep(10)
      }
      completed = failed.length === 0
    }
    await gather({ upload })
    if (completed && stored.size !== 3) throw new Error(`complete with ${[...stored].join()}`)
  },
}
