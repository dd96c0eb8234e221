import { gather, SingleFlight } from '../../../src/index.ts'
import { failpoint } from '../../../src/testing.ts'
import type { Planted } from './planted.ts'

export const cacheStampede: Planted = {
  what: 'two requests miss the cache at the same time, and both ask the database',
  needs: 1,
  program: (mended) => async () => {
    const cache = new Map<string, string>()
    const flights = new SingleFlight<string, string>()
    let loads = 0
    const load = async (key: string): Promise<string> => {
      loads += 1
      await failpoint('db.select')
      const page = `page of ${key}`
      cache.set(key, page)
      return page
    }
    const get = async (key: string): Promise<string> => {
      const hit = cache.get(key)
      if (hit !== undefined) return hit
      return mended ? flights.run(key, () => load(key)) : load(key)
    }
    await gather({
      alice: () => get('home'),
      bob: async () => {
        for (const step of ['tls.hello', 'http.read', 'auth.check']) await failpoint(step)
        await get('home')
      },
    })
    if (loads > 1) throw new Error(`the database was asked ${loads} times`)
  },
}
