import { gather, mapConcurrent, sleep } from '../../../src/index.ts'
import { always } from '../../../src/testing.ts'
import type { Service } from './service.ts'

export const quota: Service = {
  what: 'a daily quota is read, compared and written in three steps',
  program: (mended) => async () => {
    const store = { used: 0 }
    let granted = 0
    always('no more than four', () => granted <= 4)
    async function take(): Promise<void> {
      if (mended) {
        await sleep(2)
        if (store.used >= 4) return
        store.used += 1
        granted += 1
        return
      }
      await sleep(1)
      const { used } = store
      if (used >= 4) return
      await sleep(1)
      store.used = used + 1
      granted += 1
    }
    await gather({
      web: () => mapConcurrent([1, 2, 3], take, { concurrency: 1 }),
      batch: async () => {
        await sleep(10)
        await mapConcurrent([1, 2], take, { concurrency: 1 })
      },
    })
  },
}
