import { gather } from '../../../src/index.ts'
import { failpoint } from '../../../src/testing.ts'
import type { Planted } from './planted.ts'

export const flushLosesBatch: Planted = {
  what: 'what is added while the batch is being sent goes with the next one, which sends it all again',
  needs: 1,
  program: (mended) => async () => {
    let pending: number[] = []
    const sent: number[] = []
    const flush = async (): Promise<void> => {
      const batch = [...pending]
      if (mended) pending = []
      await failpoint('http.post')
      sent.push(...batch)
      if (!mended) pending = []
    }
    const add = (item: number): void => void pending.push(item)
    await gather({
      clicks: async () => {
        add(1)
        add(2)
        await flush()
      },
      scrolls: async () => {
        for (const step of ['wheel', 'layout', 'paint']) await failpoint(step)
        add(3)
        await flush()
      },
    })
    if (sent.length !== 3) throw new Error(`${sent.length} of 3 events were sent`)
  },
}
