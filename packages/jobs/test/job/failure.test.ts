import { describe, expect, it } from 'vitest'
import { failureOf } from '../../src/job/failure.ts'

describe('failureOf', () => {
  it('tells of the causes, and of what a group is made of', () => {
    const refused = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' })
    const parts = new AggregateError([refused, 'a word'], 'all addresses')
    const { message, stack = '' } = failureOf(new TypeError('fetch failed', { cause: parts }), 2, 7)
    expect(message).toBe('fetch failed')
    expect(stack.split('\n').filter((line) => !line.startsWith('    at '))).toEqual([
      'TypeError: fetch failed',
      'caused by AggregateError: all addresses',
      'caused by Error: connect ECONNREFUSED',
      'caused by "a word" (string)',
    ])
  })

  it('comes to an end where errors cause each other, and are long', () => {
    const one = new Error('x'.repeat(100_000))
    one.cause = new Error('two', { cause: one })
    expect(failureOf(one, 1, 0).stack).toHaveLength(8000)
    const short = new Error('one')
    short.cause = short
    expect(failureOf(short, 1, 0).stack?.match(/Error: one/g)).toHaveLength(6)
  })
})
