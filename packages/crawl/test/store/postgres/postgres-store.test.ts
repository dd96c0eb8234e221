import { openPostgres, sql } from '@corral/db'
import { openTestPostgres, type TestPostgres } from '@corral/db/testing'
import { Event, gather, spawn } from 'corral'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openStore } from '../../../src/store/open-store.ts'
import type { StoreShare } from '../../../src/store/store.ts'

let postgres: TestPostgres
beforeAll(async () => {
  postgres = await openTestPostgres()
}, 60_000)
afterAll(async () => await postgres[Symbol.asyncDispose]())

// As two, the one of which nobody would say that it lives: after its time others would ask its hosts as well.
test('a program whose first transactions come at the same time is one member, not two', async () => {
  const name = `${postgres.url}?schema=join`
  await using db = await openPostgres(postgres.url)
  for (let round = 0; round < 30; round++) {
    await using store = await openStore(name)
    await store.seed(['http://a.test/', 'http://b.test/'])
    const beaten = new Event()
    const share = store.share as StoreShare
    const keeping = spawn(() =>
      share.keep({ paceOf: () => undefined, changed: () => beaten.set() }),
    )
    await gather([() => store.claim(1, 1), () => store.claim(1, 1), () => beaten.wait()])
    expect(await db.value(sql`select count(*)::int4 from "join".worker`)).toBe(1)
    keeping.cancel()
    await keeping.settled()
  }
  expect(await db.value(sql`select count(*)::int4 from "join".worker`)).toBe(0)
})
