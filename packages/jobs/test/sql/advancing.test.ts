import { openSqlite, sql } from '@corral/db'
import { run } from 'corral'
import { expect, it } from 'vitest'
import { sqliteStore } from '../../src/index.ts'
import { newJob } from '../conformance/store-conformance.ts'

it('removes ended jobs a thousand at a time, and says that there is more to do', () =>
  run(async () => {
    await using db = await openSqlite(':memory:')
    await using store = await sqliteStore(db).open()
    await store.add(Array.from({ length: 2500 }, () => newJob()))
    await db.execute(sql`update corral_job set state = 'done', ended_at = 1, goes_at = 2`)
    const left: unknown[] = []
    for (let i = 0; i < 3; i++) {
      const next = await store.advance()
      left.push([await db.value(sql`select count(*) from corral_job`), next])
    }
    expect(left).toEqual([
      [1500, 0],
      [500, 0],
      [0, Infinity],
    ])
  }))
