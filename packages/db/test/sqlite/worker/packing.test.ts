import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  packReply,
  packRequest,
  unpackReply,
  unpackRequest,
} from '../../../src/sqlite/worker/packing.ts'
import type { Outcome, Reply, Request } from '../../../src/sqlite/worker/protocol.ts'

const cell = fc.oneof(
  fc.constant(null),
  fc.double({ noNaN: true }),
  fc.maxSafeInteger(),
  fc.string({ unit: 'binary' }),
  fc.bigInt(),
  fc.uint8Array(),
)
const columns = fc.constantFrom<readonly string[]>(['a'], ['a', 'b'], [])
const answer = fc.record(
  {
    columns,
    rows: fc.array(fc.array(cell)),
    count: fc.nat(),
    insertId: fc.oneof(fc.nat(), fc.bigInt()),
  },
  { requiredKeys: ['columns', 'rows', 'count'] },
)
const failure = fc.record({ errcode: fc.nat(), message: fc.string() })
const outcome: fc.Arbitrary<Outcome> = fc.oneof(answer, failure)
const reply: fc.Arbitrary<Reply> = fc.record({
  id: fc.nat(),
  from: fc.nat(),
  outcomes: fc.array(outcome),
  open: fc.boolean(),
})

const request = (values: readonly (string | number | null)[]): Request => ({
  op: 'each',
  id: 1,
  texts: ['select ?'],
  statements: [[0, ...values]],
})

describe('packReply', () => {
  it('gives what unpackReply makes the same reply of', () => {
    fc.assert(
      fc.property(reply, (it) => {
        expect(unpackReply(structuredClone(packReply(it)))).toEqual(it)
      }),
    )
  })

  it('gives text for what JSON can hold, and names each list of columns once', () => {
    const names = ['id', 'name']
    const rows = [[1, 'Ada']]
    const outcomes = [1, 2, 3].map(() => ({ columns: names, rows, count: 1 }))
    const packed = packReply({ id: 1, from: 0, outcomes, open: false })
    expect(packed).toBeTypeOf('string')
    expect((packed as string).match(/name/g)).toHaveLength(1)
  })

  it('leaves as it is what together is longer than a string can be', () => {
    const rows = Array.from({ length: 600 }, () => ['x'.repeat(1_000_000)])
    const reply = { id: 1, from: 0, outcomes: [{ columns: ['v'], rows, count: 600 }], open: false }
    expect(packReply(reply)).toBe(reply)
  })
})

describe('packRequest', () => {
  it('gives text only for what JSON can hold', () => {
    for (const value of ['x', '\u{10ffff}', 1, 1.5, null]) {
      const packed = packRequest(request([value]))
      expect(packed).toBeTypeOf('string')
      expect(unpackRequest(packed)).toEqual(request([value]))
    }
    for (const value of [-0, Infinity, -Infinity]) {
      expect(packRequest(request([value]))).toEqual(request([value]))
    }
  })
})
