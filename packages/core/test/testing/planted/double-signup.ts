import { gather } from '../../../src/index.ts'
import { failpoint } from '../../../src/testing.ts'
import type { Planted } from './planted.ts'

export const doubleSignup: Planted = {
  what: 'the name is free when both look, and taken twice',
  needs: 1,
  program: (mended) => async () => {
    const users: string[] = []
    const signUp = async (name: string): Promise<boolean> => {
      await failpoint('db.select')
      if (users.includes(name)) return false
      await failpoint('hash.password')
      await failpoint('db.insert')
      if (mended && users.includes(name)) return false // the unique index of the table
      users.push(name)
      return true
    }
    await gather([
      () => signUp('ada'),
      async () => {
        for (const step of ['tls.hello', 'http.read', 'csrf.check', 'body.parse']) {
          await failpoint(step)
        }
        await signUp('ada')
      },
    ])
    if (users.length !== 1) throw new Error(`${users.length} users are called ada`)
  },
}
