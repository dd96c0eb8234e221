import { gather, Lock, Semaphore, sleep } from '../../../src/index.ts'
import type { Service } from './service.ts'

export const transferDeadlock: Service = {
  what: 'imports take a slot and then the index, the compaction the index and then a slot',
  program: (mended) => async () => {
    const slots = new Semaphore(2)
    const index = new Lock()
    async function importFile(ms: number): Promise<void> {
      await sleep(ms)
      using _slot = await slots.acquire()
      await sleep(4) // parse
      using _index = await index.acquire()
      await sleep(2)
    }
    async function compact(): Promise<void> {
      await sleep(40)
      if (mended) {
        using _slot = await slots.acquire()
        using _index = await index.acquire()
        await sleep(3)
      } else {
        using _index = await index.acquire()
        await sleep(3)
        using _slot = await slots.acquire()
        await sleep(1)
      }
    }
    await gather({ a: () => importFile(0), b: () => importFile(18), compact })
  },
}
