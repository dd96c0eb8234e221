import { sql } from '@corral/db'
import { describe, expect, it } from 'vitest'
import { failure, serve } from './serve.ts'

const served = serve()
const prepared = sql`select count(*)::int from pg_prepared_statements where name like 'corral%'`

describe('prepared statements', () => {
  it('are made of what comes a second time', async () => {
    await using db = await served.open({ max: 1 })
    const ask = (n: number): Promise<unknown> => db.value(sql`select ${n}::int + 1`)
    expect(await ask(1)).toBe(2)
    expect(await db.value(prepared)).toBe(0)
    expect(await ask(2)).toBe(3)
    expect(await ask(3)).toBe(4)
    expect(await db.value(prepared)).toBe(2) // that one is asked a second time, too
    expect(await db.query(sql`select ${1}::int + 1 as n where ${false}`)).toEqual([])
  })

  it('are made anew when the tables have changed', async () => {
    await using db = await served.open({ max: 1 })
    await db.execute(sql`create table remade (a int)`)
    await db.execute(sql`insert into remade values (1)`)
    const all = (): Promise<unknown> => db.one(sql`select * from remade`)
    for (let i = 0; i < 3; i++) expect(await all()).toEqual({ a: 1 })
    await db.execute(sql`alter table remade add column b text default 'x'`)
    for (let i = 0; i < 3; i++) expect(await all()).toEqual({ a: 1, b: 'x' })
    await db.execute(sql`alter table remade drop column a`)
    const error = await failure(() => db.transaction((tx) => tx.query(sql`select * from remade`)))
    expect(error).toMatchObject({ code: 'STATEMENT', sqlState: '0A000' })
    expect(await all()).toEqual({ b: 'x' })
    expect(db.stats().destroyed).toBe(0)
  })

  it('are no more used when the server knows nothing of them', async () => {
    await using db = await served.open({ max: 1 })
    const ask = (n: number): Promise<unknown> => db.value(sql`select ${n}::int + 2`)
    for (let i = 0; i < 3; i++) expect(await ask(i)).toBe(i + 2)
    await db.execute(sql`do $$ begin execute 'deallocate all'; end $$`) // as if a pooler had given us another connection
    for (let i = 0; i < 3; i++) expect(await ask(i)).toBe(i + 2)
    expect(await db.value(prepared)).toBe(0)
  })

  it.each(['discard all', 'deallocate all'])('are prepared again after %s', async (text) => {
    await using db = await served.open({ max: 1 })
    const ask = (): Promise<unknown> => db.value(sql`select 5`)
    for (let i = 0; i < 3; i++) expect(await ask()).toBe(5)
    for (let i = 0; i < 3; i++) await db.execute(sql.raw(text))
    expect(await db.transaction((tx) => tx.value(sql`select 5`))).toBe(5)
    for (let i = 0; i < 3; i++) expect(await ask()).toBe(5)
    expect(await db.value(prepared)).toBe(1)
    await db.session(async (session) => {
      for (let i = 0; i < 3; i++) await session.value(sql`select 6`)
      await session.execute(sql.raw(text))
      expect(await session.transaction((tx) => tx.value(sql`select 6`))).toBe(6)
    })
  })

  it('of a first run that fails are there all the same', async () => {
    await using db = await served.open({ max: 1 })
    await db.execute(sql`create table strict_ (a int check (a > 0))`)
    const add = (n: number) => () => db.execute(sql`insert into strict_ values (${n})`)
    for (const n of [1, -1, -1, 2, -1, 3]) {
      if (n > 0) expect(await add(n)()).toEqual({ count: 1 })
      else expect((await failure(add(n))).code).toBe('CHECK')
    }
    const broken = (): Promise<unknown> => db.query(sql`select * from nowhere_at_all`)
    for (let i = 0; i < 3; i++) expect((await failure(broken)).code).toBe('STATEMENT')
    await db.execute(sql`create table nowhere_at_all (a int)`)
    expect(await broken()).toEqual([])
  })

  it('are 200 on a connection at the most, and end with a session', async () => {
    await using db = await served.open({ max: 1 })
    for (let i = 0; i < 220; i++) {
      for (let time = 0; time < 2; time++) await db.value(sql`select ${sql.raw(String(i))}`)
    }
    expect(await db.value(prepared)).toBe(200)
    await db.session((session) => session.value(sql`select 1`))
    expect(await db.value(prepared)).toBe(1) // itself
    expect(await db.value(sql`select 1`)).toBe(1)
  })

  it('may be left out', async () => {
    await using db = await served.open({ max: 1, prepare: false })
    for (let i = 0; i < 3; i++) expect(await db.value(sql`select ${i}::int`)).toBe(i)
    expect(await db.value(prepared)).toBe(0)
  })
})
