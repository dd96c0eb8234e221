import { gather, sleep } from '../../../src/index.ts'
import { failpoint, FailpointError } from '../../../src/testing.ts'
import type { Service } from './service.ts'

export const inFlightCache: Service = {
  what: 'a failed load stays in the map of loads under way, and all later ones fail with it',
  program: (mended) => async () => {
    const loads = new Map<string, Promise<string>>()
    async function fetchConfig(): Promise<string> {
      await failpoint('config.get')
      return 'v1'
    }
    async function load(): Promise<string> {
      const known = loads.get('config')
      if (known !== undefined) return known
      const loading = fetchConfig()
      loads.set('config', loading)
      const forget = (): boolean => loads.delete('config')
      loading.then(forget, mended ? forget : () => {})
      return loading
    }
    const got: string[] = []
    async function client(): Promise<void> {
      for (let tries = 0; tries < 5; tries++) {
        try {
          got.push(await load())
          return
        } catch (error) {
          if (!(error instanceof FailpointError)) throw error
          await sleep(100)
        }
      }
    }
    await gather({ one: client, two: client })
    if (got.length < 2) throw new Error('a client gave up after five tries')
  },
}
