import { describe, expect, it } from 'vitest'
import { perTemplate } from '../../src/sql/per-template.ts'

describe('perTemplate', () => {
  it('computes once for the same parts, whatever it gives, and again for others', () => {
    let calls = 0
    const find = perTemplate(() => void (calls += 1))
    const parts = ['select 1']
    find(parts)
    find(parts)
    expect(calls).toBe(1)
    find(['select 1'])
    expect(calls).toBe(2)
  })

  it('remembers nothing of what throws', () => {
    const failing = perTemplate(() => {
      throw new Error('no')
    })
    const parts = ['select 1']
    expect(() => failing(parts)).toThrow('no')
    expect(() => failing(parts)).toThrow('no')
  })
})
