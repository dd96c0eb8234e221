import { gather, Semaphore } from '../../../src/index.ts'
import { failpoint } from '../../../src/testing.ts'
import type { Planted } from './planted.ts'

export const nestedPool: Planted = {
  what: 'each request holds a connection and wants a second one from the same pool of two',
  needs: 1,
  program: (mended) => async () => {
    const pool = new Semaphore(2)
    const request = async (): Promise<void> => {
      using _connection = await pool.acquire(mended ? 2 : 1)
      await failpoint('db.insert')
      using _audit = mended ? undefined : await pool.acquire()
      await failpoint('audit.insert')
    }
    await gather({
      first: request,
      second: async () => {
        for (const step of ['http.read', 'body.parse', 'auth.check', 'route']) await failpoint(step)
        await request()
      },
    })
  },
}
