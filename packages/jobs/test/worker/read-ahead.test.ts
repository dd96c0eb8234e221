import { describe, expect, it } from 'vitest'
import { ReadAhead } from '../../src/worker/read-ahead.ts'

describe('ReadAhead', () => {
  it('claims no more than can run, until it knows that jobs are short', () => {
    const ahead = new ReadAhead(10)
    expect(ahead.room(0)).toBe(10)
    expect(ahead.room(9)).toBe(1)
    ahead.ended(1)
    expect(ahead.most).toBe(210)
    expect(ahead.room(50)).toBe(160)
  })

  it('waits until half of them are gone, so that many come at once', () => {
    const ahead = new ReadAhead(10)
    ahead.ended(1)
    expect(ahead.room(106)).toBe(0)
    expect(ahead.room(105)).toBe(105)
  })

  it('leaves long jobs to others', () => {
    const ahead = new ReadAhead(10)
    ahead.ended(1000)
    expect(ahead.room(10)).toBe(0)
    expect(ahead.room(8)).toBe(2)
  })
})
