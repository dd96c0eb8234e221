import { Event, gather, sleep, taskGroup } from '../../../src/index.ts'
import type { Service } from './service.ts'

export const gracefulStop: Service = {
  what: 'a request that is being authorised is not counted, and the database is closed under it',
  program: (mended) => async () => {
    const database = { open: true }
    const idle = new Event()
    let active = 0
    let stopping = false
    async function handle(): Promise<void> {
      if (stopping) return
      if (mended) active += 1
      await sleep(4) // authorise
      if (!mended) active += 1
      try {
        if (!database.open) throw new Error('the database is closed')
        await sleep(6)
        if (!database.open) throw new Error('the database is closed')
      } finally {
        active -= 1
        if (stopping && active === 0) idle.set()
      }
    }
    async function stop(): Promise<void> {
      stopping = true
      if (active > 0) await idle.wait()
      await sleep(1)
      database.open = false
    }
    await taskGroup(async (group) => {
      await gather({
        clients: async () => {
          for (let i = 0; i < 3; i++) {
            group.spawn(handle, { name: `request ${i}` })
            await sleep(12)
          }
        },
        signal: async () => {
          await sleep(42)
          await stop()
        },
      })
    })
  },
}
