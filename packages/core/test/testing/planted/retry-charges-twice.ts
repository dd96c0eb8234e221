import { retry, sleep, timeout } from '../../../src/index.ts'
import type { Planted } from './planted.ts'

export const retryChargesTwice: Planted = {
  what: 'the answer comes too late, the payment is sent again, and the card is charged twice',
  needs: 1,
  strategies: ['timeout', 'delay', 'time'],
  program: (mended) => async () => {
    const charges: string[] = []
    const seen = new Set<string>()
    const charge = async (key: string): Promise<void> => {
      await sleep(20) // the request travels
      if (!mended || !seen.has(key)) charges.push(key)
      seen.add(key)
      await sleep(20) // the answer travels
    }
    await retry(() => timeout(100, () => charge('order-1')), { attempts: 3 })
    if (charges.length !== 1) throw new Error(`charged ${charges.length} times`)
  },
}
