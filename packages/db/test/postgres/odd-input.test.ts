import { gather, moveOnAfter } from 'corral'
import { openPostgres, sql } from '@corral/db'
import type { Database } from '@corral/db'
import { describe, expect, it } from 'vitest'
import { failure, serve } from './serve.ts'

const served = serve()

/** On a pool of one: what is wrong with its connection afterwards shows. */
async function refused(db: Database, fn: () => Promise<unknown>): Promise<string> {
  const { code } = await failure(fn)
  expect(await db.value(sql`select 42`)).toBe(42)
  return code
}

async function drain(items: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of items) void _
}

/** Runs `fn` with a default of the user's changed: each connection begins with it. */
async function withDefault(setting: string, fn: (db: Database) => Promise<void>): Promise<void> {
  const [name = ''] = setting.split(' ')
  await served.observer.execute(sql`alter role current_user set ${sql.raw(setting)}`)
  try {
    await using db = await served.open()
    await fn(db)
  } finally {
    await served.observer.execute(sql`alter role current_user reset ${sql.raw(name)}`)
  }
}

describe('openPostgres: what nobody means to send', () => {
  it('a column called __proto__ is a property of the row, not its prototype', async () => {
    await using db = await served.open()
    const row = await db.one(sql`select '{"admin":true}'::jsonb as "__proto__", 2 as b`)
    expect(Object.keys(row)).toEqual(['__proto__', 'b'])
    expect(Object.getPrototypeOf(row)).toBe(Object.prototype)
    expect(row['admin']).toBeUndefined()
  })

  it('a value longer than a string can be ends its connection, not the process', async () => {
    await using db = await served.open({ max: 1 })
    expect(await refused(db, () => db.value(sql`select repeat('x', 600000000)`))).toBe(
      'CONNECTION_LOST',
    )
  }, 120_000)

  it('a moment that no Date can hold is refused, and kept as text', async () => {
    await using db = await served.open({ max: 1 })
    const far = sql`select '294000-01-01 00:00:00+00'::timestamptz as far`
    expect((await failure(() => db.value(far))).message).toContain('timestamps: "text"')
    expect(await db.value(sql`select '-infinity'::timestamptz`)).toBe(-Infinity)
    await using text = await served.open({ timestamps: 'text' })
    expect(await text.value(far)).toContain('294000-01-01')
  })

  it('reads dates whatever style the user has', async () => {
    await withDefault("datestyle to 'German, DMY'", async (db) => {
      expect(
        await db.one(
          sql`select '2026-03-04 05:06:07.5+00'::timestamptz as a, '2026-03-04'::date as b`,
        ),
      ).toEqual({ a: new Date('2026-03-04T05:06:07.5Z'), b: '2026-03-04' })
    })
  })

  it('a list is no JSON, not even an empty one', async () => {
    await using db = await served.open({ max: 1 })
    for (const list of [[], [1], [[]]]) {
      const { code, message } = await failure(() => db.value(sql`select ${list}::jsonb`))
      expect(code).toBe('STATEMENT')
      expect(message).toContain('JSON.stringify(list)')
    }
    expect(await db.value(sql`select ${[]}::int[]`)).toEqual([])
    expect(await db.value(sql`select 1 = any(${[]})`)).toBe(false)
    expect(await db.value(sql`select ${[]}::int4multirange::text`)).toBe('{}')
    await db.execute(sql`create table odd_lists (a text[])`)
    await db.execute(sql`insert into odd_lists values (${[]})`)
    await db.copyFrom(sql`copy odd_lists from stdin`, [[[]]])
    expect(await db.query(sql`select a from odd_lists`)).toEqual([{ a: [] }, { a: [] }])
  })

  it.each([5, -1, Infinity, null, true, 5n, {}, [], Symbol('x'), () => 'x', 'a\0b'])(
    'an application name of %s is refused, and the next one connects',
    async (name) => {
      const { code, message } = await failure(() => served.open({ applicationName: name as never }))
      expect(code).toBe('MISUSE')
      expect(message).toContain('openPostgres: applicationName must be text without NUL, got')
      await using db = await served.open({ applicationName: '' })
      expect(await db.value(sql`select 1`)).toBe(1)
    },
  )

  it('a URL that is none, or has a NUL, is refused, and a certificate that is missing named', async () => {
    for (const url of [5, undefined, {}]) {
      expect((await failure(() => openPostgres(url as never))).message).toMatch(
        /must be a URL.*got/,
      )
    }
    for (const url of ['postgres://h/%00', 'postgres://u:secret%00@h/x', 'http://h:secret@x']) {
      const { code, message } = await failure(() => openPostgres(url))
      expect(code).toBe('MISUSE')
      expect(message).not.toContain('secret')
    }
    const { code, message } = await failure(() =>
      openPostgres('postgres://h/x?sslmode=verify-full&sslrootcert=/nowhere.pem'),
    )
    expect(code).toBe('CONNECT')
    expect(message).toContain('/nowhere.pem')
  })

  it('options that are no boolean are refused', async () => {
    for (const name of ['prepare', 'pipeline']) {
      const { message } = await failure(() => served.open({ [name]: 'false' }))
      expect(message).toContain(`openPostgres: ${name} must be true or false, got "false" (string)`)
    }
  })

  it('a statement that would change a connection of the pool belongs in a session', async () => {
    await using db = await served.open({ max: 1 })
    const staying = [
      "set work_mem = '1MB'",
      "/* x */ set work_mem = '1MB'",
      "-- x\n set work_mem = '1MB'",
      'reset all',
      'listen x',
      '\n UNLISTEN *',
      'create temp table odd_temporary (a int)',
      'select 1 as a into temp odd_temporary',
      'prepare odd_prepared as select 1',
      'declare odd_held cursor with hold for select 1',
      "load 'plpgsql'",
    ].map((text) => sql.raw(text))
    const ending = [
      "set local work_mem = '1MB'",
      'set transaction read only',
      'create temp table odd_temporary (a int) on commit drop',
    ].map((text) => sql.raw(text))
    for (const statement of [...staying, ...ending]) {
      expect(await refused(db, () => db.execute(statement))).toBe('MISUSE')
    }
    for (const statement of staying) {
      const inside = () => db.transaction((tx) => tx.execute(statement))
      expect(await refused(db, inside)).toBe('MISUSE')
      const nested = () => db.transaction((tx) => tx.transaction((in_) => in_.execute(statement)))
      expect(await refused(db, nested)).toBe('MISUSE')
      await db.session((session) => session.transaction((tx) => tx.execute(statement)))
    }
    for (const statement of ending) await db.transaction((tx) => tx.execute(statement))
    expect(await db.value(sql`show work_mem`)).not.toBe('1MB')
    expect(await db.value(sql`select to_regclass('odd_temporary')`)).toBe(null)
    await db.session((session) => session.execute(sql`set work_mem = '1MB'`))
    await db.execute(sql`create table odd_set (a int)`)
    await db.execute(sql`update odd_set set a = 1`)
  })

  it('a statement whose columns have changed their type since it was prepared is prepared again', async () => {
    for (const pipeline of [false, true]) {
      await using db = await served.open({ max: 2, pipeline })
      await db.execute(sql`drop table if exists odd_type`)
      await db.execute(sql`create table odd_type (id int)`)
      const ask = () => db.query(sql`select id from odd_type where id = ${1}`)
      const add = () => db.execute(sql`insert into odd_type values (${7})`)
      await gather(Array.from({ length: 8 }, () => ask))
      await gather(Array.from({ length: 8 }, () => add))
      await db.execute(sql`alter table odd_type alter column id type text`)
      await gather(Array.from({ length: 8 }, () => ask))
      await gather(Array.from({ length: 8 }, () => add))
      expect(await db.value(sql`select count(*)::int from odd_type`)).toBe(16)
    }
  })

  it('a channel whose name the server would cut is refused', async () => {
    await using db = await served.open({ max: 1 })
    expect(await refused(db, () => drain(db.listen('ü'.repeat(32))))).toBe('MISUSE')
  })

  it('closing it within its own transaction is refused, and does not wait for itself', async () => {
    await using db = await served.open({ max: 1 })
    const code = await refused(db, () => db.transaction(() => db.close()))
    expect(code).toBe('MISUSE')
    expect(await refused(db, () => db.session(() => db.close()))).toBe('MISUSE')
  })
})

describe('openPostgres: COPY that is none', () => {
  it('is refused where it is no COPY, goes the other way, or is more than one', async () => {
    await using db = await served.open({ max: 1 })
    await db.execute(sql`create table odd_copy (id int, name text)`)
    const into = sql`copy odd_copy from stdin`
    const out = sql`copy odd_copy to stdout`
    const rows = [[1, 'a']] as const
    expect(await refused(db, () => db.copyFrom(sql`select 1`, rows))).toBe('MISUSE')
    expect(await refused(db, () => db.copyFrom(sql``, rows))).toBe('MISUSE')
    expect(await refused(db, () => db.copyFrom(out, rows))).toBe('MISUSE')
    expect(await refused(db, () => drain(db.copyTo(into)))).toBe('MISUSE')
    expect(await refused(db, () => drain(db.copyTo(sql`select 1`)))).toBe('MISUSE')
    expect(await refused(db, () => db.query(into))).toBe('MISUSE')
    expect(await refused(db, () => db.query(out))).toBe('MISUSE')
    const two = sql`${into}; ${into}`
    expect(await refused(db, () => db.copyFrom(two, rows))).toBe('STATEMENT')
    expect(await refused(db, () => drain(db.copyTo(sql`${out}; ${out}`)))).toBe('STATEMENT')
    expect(await db.value(sql`select count(*)::int from odd_copy`)).toBe(0)
    expect(db.stats().destroyed).toBe(0)
  })

  it('reports the row that the server refuses, while others are on their way', async () => {
    await using db = await served.open({ max: 1 })
    await db.execute(sql`create table odd_rows (id int check (id < 1000))`)
    async function* rows(): AsyncGenerator<[number]> {
      for (let i = 0; i < 200_000; i++) yield [i]
    }
    for (let round = 0; round < 5; round++) {
      const into = sql`copy odd_rows from stdin`
      expect(await refused(db, () => db.copyFrom(into, rows()))).toBe('CHECK')
      await moveOnAfter(round, () => db.copyFrom(into, rows()))
    }
    expect(await db.value(sql`select count(*)::int from odd_rows`)).toBe(0)
    expect(db.stats().destroyed).toBe(0)
  })
})
