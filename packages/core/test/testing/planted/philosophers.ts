import { gather, Lock, sleep } from '../../../src/index.ts'
import type { Planted } from './planted.ts'

export const philosophers: Planted = {
  what: 'each philosopher takes the left fork and waits for the right one',
  needs: 2,
  program: (mended) => async () => {
    const count = 3
    const forks = Array.from({ length: count }, () => new Lock())
    const dine = (seat: number) => async () => {
      await sleep(seat * 10) // thinks
      const hands = [forks[seat], forks[(seat + 1) % count]]
      if (mended && seat === count - 1) hands.reverse()
      using _left = await hands[0]?.acquire()
      using _right = await hands[1]?.acquire()
      await sleep(5) // eats
    }
    await gather(Array.from({ length: count }, (_, seat) => dine(seat)))
  },
}
