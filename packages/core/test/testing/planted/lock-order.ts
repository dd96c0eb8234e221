import { gather, Lock } from '../../../src/index.ts'
import { failpoint } from '../../../src/testing.ts'
import type { Planted } from './planted.ts'

interface Account {
  readonly id: number
  readonly lock: Lock
  balance: number
}

export const lockOrder: Planted = {
  what: 'two transfers in opposite directions lock the two accounts in opposite order',
  needs: 1,
  program: (mended) => async () => {
    const accounts = [1, 2].map((id): Account => ({ id, lock: new Lock(), balance: 100 }))
    const [first, second] = accounts as [Account, Account]
    const transfer = async (from: Account, to: Account, amount: number): Promise<void> => {
      const inOrder = mended && from.id > to.id ? [to, from] : [from, to]
      using _one = await inOrder[0]?.lock.acquire()
      using _other = await inOrder[1]?.lock.acquire()
      from.balance -= amount
      await failpoint('db.save')
      to.balance += amount
    }
    await gather({
      there: () => transfer(first, second, 10),
      back: async () => {
        for (const step of ['http.read', 'http.parse', 'auth.check']) await failpoint(step)
        await transfer(second, first, 20)
      },
    })
  },
}
