import { gather, Lock, Pool, sleep } from '../../../src/index.ts'
import type { Service } from './service.ts'

export const poolAndLock: Service = {
  what: 'a request takes a connection and then a lock, the nightly job the other way about',
  program: (mended: boolean) => async () => {
    await using pool = new Pool({
      create: async () => {
        await sleep(3)
        return { sql: () => sleep(2) }
      },
      destroy: () => {},
      max: 2,
    })
    const locks = new Map<string, Lock>()
    const lockOf = (id: string) => locks.get(id) ?? locks.set(id, new Lock()).get(id)!
    const request = async (id: string): Promise<void> => {
      await using lease = await pool.acquire()
      await lease.value.sql()
      using _held = await lockOf(id).acquire()
      await lease.value.sql()
    }
    const nightly = async (id: string): Promise<void> => {
      if (mended) return request(id)
      using _held = await lockOf(id).acquire()
      await using lease = await pool.acquire()
      await lease.value.sql()
    }
    await gather({
      r1: () => request('x'),
      r2: async () => {
        await sleep(12)
        await request('x')
      },
      job: async () => {
        await sleep(30)
        await nightly('x')
      },
    })
  },
}
