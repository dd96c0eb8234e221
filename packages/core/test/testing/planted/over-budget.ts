import { gather } from '../../../src/index.ts'
import { always, failpoint } from '../../../src/testing.ts'
import type { Planted } from './planted.ts'

export const overBudget: Planted = {
  what: 'three buyers see the last two tickets, and three are sold',
  needs: 1,
  program: (mended) => async () => {
    let left = 2
    always('no more tickets are sold than there are', () => left >= 0)
    const buy = (delay: number) => async () => {
      for (let i = 0; i < delay; i++) await failpoint('queue')
      if (left === 0) return
      if (mended) left -= 1
      await failpoint('card.charge')
      if (!mended) left -= 1
    }
    await gather([buy(0), buy(4), buy(8)])
  },
}
