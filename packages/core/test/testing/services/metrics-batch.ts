import { gather, sleep } from '../../../src/index.ts'
import type { Service } from './service.ts'

export const metricsBatch: Service = {
  what: 'the flush by time and the flush by size send the same batch',
  program: (mended) => async () => {
    let batch: number[] = []
    const received: number[] = []
    async function flush(): Promise<void> {
      const sending = batch
      if (mended) batch = []
      if (sending.length === 0) return
      await sleep(4)
      received.push(...sending)
      if (!mended) batch = batch.slice(sending.length)
    }
    await gather({
      source: async () => {
        for (let i = 0; i < 6; i++) {
          await sleep(10)
          batch.push(i)
          if (batch.length === 3) await flush()
        }
      },
      timer: async () => {
        await sleep(47)
        await flush()
      },
    })
    await flush()
    const twice = received.filter((n, i) => received.indexOf(n) !== i)
    if (twice.length > 0 || received.length !== 6) throw new Error(`received ${received.join()}`)
  },
}
