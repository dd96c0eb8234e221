import { gather, now, sleep } from '../../../src/index.ts'
import type { Service } from './service.ts'

export const sessionSweeper: Service = {
  what: 'the sweeper deletes a session that was renewed after it had been listed',
  program: (mended) => async () => {
    const sessions = new Map([['s', { expires: 30 }]])
    async function renew(): Promise<void> {
      const session = sessions.get('s')
      if (session === undefined || session.expires <= now()) return
      await sleep(2)
      if (sessions.get('s') === session) session.expires = now() + 100
    }
    async function sweep(): Promise<void> {
      await sleep(10)
      for (let round = 0; round < 2; round++) {
        const old = [...sessions].filter(([, { expires }]) => expires <= now())
        await sleep(3)
        for (const [id] of old) {
          const session = sessions.get(id)
          if (mended && session !== undefined && session.expires > now()) continue
          if (session !== undefined && session.expires > now()) throw new Error(`${id} is alive`)
          sessions.delete(id)
        }
        await sleep(15)
      }
    }
    await gather({
      user: async () => {
        await sleep(20)
        await renew()
      },
      sweep,
    })
  },
}
