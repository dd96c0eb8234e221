import { gather } from '../../../src/index.ts'
import { failpoint } from '../../../src/testing.ts'
import type { Planted } from './planted.ts'

export const longGap: Planted = {
  what: 'the order is checked and shipped, and 14 steps of a cancellation fit in between',
  needs: 1,
  program: (mended) => async () => {
    let state: 'paid' | 'cancelled' | 'shipped' = 'paid'
    let refunded = false
    const ship = async (): Promise<void> => {
      if (state !== 'paid') return
      if (mended) state = 'shipped'
      await failpoint('label.print')
      state = 'shipped'
    }
    const cancel = async (): Promise<void> => {
      for (let step = 1; step <= 13; step++) await failpoint(`saga step ${step}`)
      if (state !== 'paid') return
      state = 'cancelled'
      await failpoint('refund')
      refunded = true
    }
    await gather({ ship, cancel })
    if (refunded && (state as string) === 'shipped') throw new Error('refunded and shipped')
  },
}
