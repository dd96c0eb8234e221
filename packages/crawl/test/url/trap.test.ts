import { describe, expect, test } from 'vitest'
import { defaultTrapLimits, suspicionOf } from '../../src/url/trap.ts'
import { cpuTime } from '../cpu-time.ts'

function check(path: string): boolean {
  return suspicionOf(`http://a.test${path}`, defaultTrapLimits, 2026) !== undefined
}

describe('suspicionOf', () => {
  test.each([
    '/x/x/x/x/',
    '/a/b/a/b/a/b/a/b',
    '/docs/img/css/img/css/img/css/img/css/',
    `/${'deep/er/'.repeat(16)}`,
    `/?${Array.from({ length: 25 }, (_, n) => `p${n}=1`).join('&')}`,
    '/calendar/2031/05',
    '/calendar/2031-05-01/',
    '/events?month=2031-05',
    '/events?year=2029&month=5',
    '/calendar/1801/12/31',
    '/day_2999_12_31',
    '/a/x/b/x/c/x/d/x',
  ])('finds one in %s', (path) => {
    expect(check(path)).toBe(true)
  })

  test.each([
    '',
    '/',
    '/x/x/x/',
    '/a/b/a/b/a/b/',
    '/2024/05/12/a-story',
    '/archive/1950/01/',
    '/calendar/2028/12',
    '/product/2031',
    '/p/9999-99',
    '/item-4711-8/',
    '/phone/2031/13',
    '/sku-2900-5',
    '/events?year=2028&month=5',
    '/v/2031/055',
    '/?a=1&b=2&c=3',
    '////',
    '/a////b',
  ])('finds none in %j', (path) => {
    expect(check(path)).toBe(false)
  })

  test('takes linear time', async () => {
    const ms = await cpuTime(() => {
      check(`/${'a/b/c/d/e/f/'.repeat(170)}`)
      check(`/${'1999/1/'.repeat(290)}?${'&'.repeat(1000)}`)
      check(`/${'/'.repeat(2000)}`)
    })
    expect(ms).toBeLessThan(500)
  })
})
