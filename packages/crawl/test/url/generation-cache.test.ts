import { expect, test } from 'vitest'
import { GenerationCache } from '../../src/url/generation-cache.ts'

test('GenerationCache keeps what is used and forgets what is not', () => {
  const cache = new GenerationCache<number, string>(10)
  cache.set(-1, 'used')
  cache.set(-2, 'left')
  for (let each = 0; each < 100; each++) {
    cache.set(each, `${each}`)
    expect(cache.get(-1)).toBe('used')
  }
  expect(cache.get(-2)).toBeUndefined()
  expect(cache.get(99)).toBe('99')
  expect(cache.get(50)).toBeUndefined()
  cache.clear()
  expect(cache.get(-1)).toBeUndefined()
  expect(cache.get(99)).toBeUndefined()
})
