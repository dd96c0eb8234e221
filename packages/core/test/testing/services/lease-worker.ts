import { gather, moveOnAfter, now, sleep } from '../../../src/index.ts'
import type { Service } from './service.ts'

export const leaseWorker: Service = {
  what: 'a worker writes its result although its lease has run out and somebody else took the job',
  program: (mended) => async () => {
    const job = { owner: '', until: 0, fence: 0, results: [] as string[] }
    async function take(name: string): Promise<number | undefined> {
      await sleep(2)
      if (job.until > now()) return undefined
      job.owner = name
      job.until = now() + 60
      return ++job.fence
    }
    async function work(name: string): Promise<void> {
      for (;;) {
        const fence = await take(name)
        if (fence !== undefined) {
          await sleep(20) // download
          await sleep(20) // convert
          if (!mended || fence === job.fence) job.results.push(name)
          job.until = Infinity
          return
        }
        if (job.until === Infinity) return
        await sleep(25)
      }
    }
    await moveOnAfter(1000, () => gather({ a: () => work('a'), b: () => work('b') }))
    if (job.results.length > 1) throw new Error(`done twice: ${job.results.join()}`)
  },
}
