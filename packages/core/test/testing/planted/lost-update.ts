import { gather, Lock } from '../../../src/index.ts'
import { failpoint } from '../../../src/testing.ts'
import type { Planted } from './planted.ts'

export const lostUpdate: Planted = {
  what: 'two deposits read the same balance, and one of them is lost',
  needs: 1,
  program: (mended) => async () => {
    let stored = 100
    const lock = new Lock()
    const deposit = async (amount: number): Promise<void> => {
      using _held = mended ? await lock.acquire() : undefined
      await failpoint('db.get')
      const balance = stored
      await failpoint('db.set')
      stored = balance + amount
    }
    const audit = async (): Promise<void> => {
      for (const step of ['log.open', 'log.write', 'log.close']) await failpoint(step)
    }
    await gather({
      salary: () => deposit(50),
      refund: async () => {
        await audit()
        await deposit(7)
      },
    })
    if (stored !== 157) throw new Error(`the balance is ${stored}, not 157`)
  },
}
