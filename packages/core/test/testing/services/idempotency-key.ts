import { moveOnAfter, sleep, taskGroup } from '../../../src/index.ts'
import type { Service } from './service.ts'

export const idempotencyKey: Service = {
  what: 'the retry of a payment looks for the key before the first attempt has stored it',
  program: (mended) => async () => {
    const keys = new Map<string, 'begun' | 'done'>()
    let charged = 0
    async function charge(key: string): Promise<void> {
      await sleep(3) // look the key up
      if (keys.has(key)) return
      if (mended) keys.set(key, 'begun')
      await sleep(10) // the bank
      charged += 1
      await sleep(2)
      keys.set(key, 'done')
    }
    await taskGroup(async (server) => {
      for (let i = 0; i < 2; i++) {
        const { timedOut } = await moveOnAfter(40, async () => {
          await sleep(5) // there
          server.spawn(() => charge('k1'), { name: `charge ${i}` })
          await sleep(18) // and back
        })
        if (!timedOut) break
      }
    })
    if (charged > 1) throw new Error(`charged ${charged} times`)
  },
}
