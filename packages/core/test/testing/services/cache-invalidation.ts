import { gather, sleep } from '../../../src/index.ts'
import type { Service } from './service.ts'

export const cacheInvalidation: Service = {
  what: 'a reader puts into the cache what it read before the update invalidated it',
  program: (mended) => async () => {
    const row = { name: 'old' }
    const cache = new Map<string, { name: string; version: number }>()
    let version = 0
    async function read(): Promise<string> {
      const hit = cache.get('user')
      if (hit !== undefined) return hit.name
      const before = version
      await sleep(3)
      const { name } = row
      await sleep(3) // the answer travels
      if (!mended || before === version) cache.set('user', { name, version: before })
      return name
    }
    async function update(): Promise<void> {
      await sleep(5)
      row.name = 'new'
      version += 1
      cache.delete('user')
    }
    await gather({
      page: async () => {
        await sleep(10)
        await read()
      },
      update,
    })
    const shown = await read()
    if (shown !== 'new') throw new Error(`the cache says ${shown}`)
  },
}
