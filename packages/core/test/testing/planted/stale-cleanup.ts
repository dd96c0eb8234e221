import { gather } from '../../../src/index.ts'
import { failpoint } from '../../../src/testing.ts'
import type { Planted } from './planted.ts'

export const staleCleanup: Planted = {
  what: 'the session that ends late removes the new session of the same user',
  needs: 1,
  program: (mended) => async () => {
    const old = {}
    const sessions = new Map([['ada', old]])
    const leave = async (): Promise<void> => {
      for (const step of ['bye', 'flush', 'close']) await failpoint(step)
      if (!mended || sessions.get('ada') === old) sessions.delete('ada')
    }
    const join = async (): Promise<void> => {
      for (const step of ['dns', 'tcp', 'tls', 'http', 'upgrade']) await failpoint(step)
      const mine = {}
      sessions.set('ada', mine)
      for (const step of ['hello', 'subscribe']) await failpoint(step)
      if (sessions.get('ada') !== mine) throw new Error('a session that lives is not registered')
    }
    await gather({ leave, join })
  },
}
