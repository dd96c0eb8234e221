import { gather, Lock } from '../../../src/index.ts'
import { failpoint } from '../../../src/testing.ts'
import type { Planted } from './planted.ts'

export const tokenRefresh: Planted = {
  what: 'two requests refresh the token at once, and the second refresh voids what the first one got',
  needs: 1,
  program: (mended) => async () => {
    let valid = 1
    let token = 0
    const lock = new Lock()
    const refresh = async (stale: number): Promise<void> => {
      using _held = mended ? await lock.acquire() : undefined
      if (mended && token !== stale) return // somebody was faster
      await failpoint('oauth.refresh')
      valid += 1
      token = valid
    }
    const call = async (): Promise<void> => {
      const used = token
      await failpoint('api.call')
      if (used === valid) return
      await refresh(used)
      const fresh = token
      await failpoint('api.call')
      if (fresh !== valid) throw new Error('401 with a token that is fresh')
    }
    await gather({
      profile: call,
      orders: async () => {
        for (const step of ['render', 'layout', 'click', 'route', 'load']) await failpoint(step)
        await call()
      },
    })
  },
}
