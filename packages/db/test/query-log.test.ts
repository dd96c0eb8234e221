import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { expect, test } from 'vitest'
import { QueryLog } from '../src/query-log.ts'
import type { QueryEvent } from '../src/query-log.ts'

test('QueryLog publishes each statement to those who subscribe, beside onQuery', async () => {
  const [told, published]: QueryEvent[][] = [[], []]
  const log = new QueryLog((event) => told?.push(event))
  const tell = (event: unknown): void => void published?.push(event as QueryEvent)
  const statement = { text: 'select 1' }
  const result = { rows: [], count: 1 } as never
  await log.observe(statement, () => Promise.resolve(result))
  subscribe('corral:db.query', tell)
  await log.observe(statement, () => Promise.resolve(result))
  await new QueryLog().observe(statement, () => Promise.reject(new Error('no'))).catch(() => {})
  unsubscribe('corral:db.query', tell)
  expect(told).toHaveLength(2)
  expect(published).toMatchObject([
    { text: 'select 1', count: 1, error: undefined },
    { text: 'select 1', count: undefined, error: { message: 'no' } },
  ])
})
