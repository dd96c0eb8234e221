import { describe, expect, it } from 'vitest'
import { cellOf, maxBatch, unwanted } from '../../../src/sqlite/worker/protocol.ts'
import type { Outcome } from '../../../src/sqlite/worker/protocol.ts'
import { Server } from '../../../src/sqlite/worker/serve.ts'
import { until } from '../../postgres/serve.ts'

const settings = {
  path: ':memory:',
  readOnly: false,
  lockTimeout: 0,
  maxSize: Infinity,
  synchronous: 'normal',
} as const

describe('Server', () => {
  it('skips what was cancelled, also when the next batch is on its way', async () => {
    const cells = new Int32Array(new SharedArrayBuffer(4 * 2 * maxBatch))
    const outcomes: Outcome[] = []
    const server = new Server((reply) => {
      outcomes.push(...reply.outcomes)
      // What is left of the first batch is cancelled: its worker counts as idle, and gets the next.
      for (const place of [0, 1]) Atomics.store(cells, cellOf(2, place), 0)
    })
    server.take({ op: 'open', id: 0, settings: { ...settings, cells } })
    Atomics.store(cells, cellOf(1, 1), unwanted)
    // Longer than outcomes are held back.
    const slow = `with recursive n(i) as (select 1 union all select i + 1 from n where i < 200000) select count(*) from n`
    server.take({ op: 'each', id: 1, texts: [slow, 'select 2'], statements: [[0], [1]] })
    await until(() => outcomes.length === 3)
    expect(outcomes[1]).toMatchObject({ rows: [[200_000]] })
    expect(outcomes[2]).toMatchObject({ message: 'it was cancelled before it began' })
    server.take({ op: 'each', id: 2, texts: ['select 3'], statements: [[0]] })
    expect(outcomes[3]).toMatchObject({ rows: [[3]] })
  })
})
