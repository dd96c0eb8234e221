import { Cache, run } from 'corral'
import type { Suite } from '../harness/suite.ts'

const keys = 1000

export const suites: Suite[] = [
  {
    title: 'Cache.get of what is there',
    operation: 'one get, awaited, of 1000 keys in turn; least recently used first to leave',
    n: 100_000,
    cases: {
      // A Map in the order of use, which is what a cache by hand is.
      floor: async (n) => {
        const cache = new Map<number, number>()
        const get = async (key: number): Promise<number> => {
          const value = cache.get(key) ?? key
          cache.delete(key)
          cache.set(key, value)
          return value
        }
        for (let i = 0; i < n; i++) await get(i % keys)
      },
      corral: (n) =>
        run(async () => {
          const cache = new Cache((key: number) => key, { max: keys, ttl: 1e9 })
          for (let i = 0; i < n; i++) await cache.get(i % keys)
        }),
    },
  },
]
