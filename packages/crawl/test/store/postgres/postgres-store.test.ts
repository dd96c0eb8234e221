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

interface Ghost {
  /** Milliseconds that others believe yet that it lives. */
  readonly left: number
  readonly hosts: number
}

/** How many of forty hosts a program takes with its first claim after a beat, beside others that are no more than rows. */
async function takenBeside(schema: string, ghosts: readonly Ghost[]): Promise<number> {
  await using db = await openPostgres(`${postgres.url}?options=-csearch_path%3D${schema}`)
  await using store = await openStore(`${postgres.url}?schema=${schema}`)
  await store.seed(Array.from({ length: 40 }, (_, n) => `http://h${n}.test/`))
  for (const { left, hosts } of ghosts) {
    const id = await db.value<number>(
      sql`insert into worker (name, alive_until)
          values ('ghost', clock_timestamp() + ${left} * interval '1 millisecond') returning id::int4`,
    )
    await db.execute(
      sql`update origin set worker_id = ${id}
          where id in (select id from origin where worker_id is null order by id limit ${hosts})`,
    )
  }
  const beaten = new Event()
  const share = store.share as StoreShare
  const keeping = spawn(() => share.keep({ paceOf: () => undefined, changed: () => beaten.set() }))
  await beaten.wait()
  const { length } = await store.claim(100, 1)
  keeping.cancel()
  await keeping.settled()
  return length
}

test('what one that is dead has left is taken at once, and no half of it kept for others', async () => {
  const dead = { left: -1, hosts: 40 }
  expect(await takenBeside('dead', [dead, { left: 6000, hosts: 0 }])).toBe(40)
})

test('a program of which nothing is heard is left no hosts', async () => {
  const quiet = { left: 3000, hosts: 0 }
  expect(await takenBeside('quiet', [quiet, quiet, quiet])).toBe(40)
})

test('a program that is there is left its share', async () => {
  expect(await takenBeside('fair', [{ left: 60_000, hosts: 0 }])).toBe(20)
})
