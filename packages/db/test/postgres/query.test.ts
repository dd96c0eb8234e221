import { MisuseError } from 'corral'
import { DatabaseError, openPostgres, sql } from '@corral/db'
import type { QueryEvent } from '@corral/db'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { failure, serve } from './serve.ts'

const served = serve()

describe('Database.query', () => {
  it('gives rows as objects', async () => {
    await using db = await served.open()
    const rows = await db.query<{ id: number; name: string }>(
      sql`select * from (values ${sql.values([
        [1, 'a'],
        [2, 'b'],
      ])}) as t (id, name)`,
    )
    expectTypeOf(rows).toEqualTypeOf<{ id: number; name: string }[]>()
    expect(rows).toEqual([
      { id: '1', name: 'a' },
      { id: '2', name: 'b' },
    ])
  })

  it('one, maybeOne and value want a single row', async () => {
    await using db = await served.open()
    const none = sql`select 1 as a where false`
    const two = sql`select generate_series(1, 2) as a`
    expect(await db.one(sql`select 1 as a`)).toEqual({ a: 1 })
    expect(await db.maybeOne(none)).toBe(undefined)
    expect(await db.value(sql`select null`)).toBe(null)
    expect((await failure(() => db.one(none))).code).toBe('NO_ROWS')
    expect((await failure(() => db.value(none))).code).toBe('NO_ROWS')
    for (const asked of [() => db.one(two), () => db.maybeOne(two), () => db.value(two)]) {
      expect((await failure(asked)).code).toBe('TOO_MANY_ROWS')
    }
  })

  it('execute counts', async () => {
    await using db = await served.open()
    await db.execute(sql`create table counted as select generate_series(1, 10) as id`)
    expect(await db.execute(sql`delete from counted where id > ${7}`)).toEqual({ count: 3 })
  })

  it.each([
    ['1::int2', 1],
    ['9007199254740993::int8', 9007199254740993n],
    ['array[1, 9007199254740993]::int8[]', [1n, 9007199254740993n]],
    ['1.10::numeric', '1.10'],
    ['1.5::float8', 1.5],
    ["'NaN'::float8", NaN],
    ['true', true],
    ["'2026-01-31'::date", '2026-01-31'],
    ["'2026-01-31 12:00:00.123456'::timestamp", '2026-01-31 12:00:00.123456'],
    ["'2026-01-31 12:00:00.123Z'::timestamptz", new Date('2026-01-31T12:00:00.123Z')],
    ["'1 day 2 hours'::interval", '1 day 02:00:00'],
    ['\'{"a": [1]}\'::jsonb', { a: [1] }],
    [String.raw`'\x0001'::bytea`, Buffer.from([0, 1])],
    ["array['a', null, 'b,c']", ['a', null, 'b,c']],
    ['null::int', null],
  ])('reads %s', async (expression, value) => {
    await using db = await served.open()
    expect(await db.value(sql`select ${sql.raw(expression)}`)).toEqual(value)
  })

  it('reads timestamptz to the microsecond when it is asked for text', async () => {
    await using db = await served.open({ timestamps: 'text' })
    const moment = sql`select timestamptz '2026-01-31 12:00:00.123456Z' at time zone 'UTC' || ''`
    expect(await db.value(moment)).toContain('.123456')
    expect(await db.value(sql`select '2026-01-31 12:00:00.123456Z'::timestamptz`)).toMatch(
      /\.123456/,
    )
  })

  it.each([
    [5, 'int'],
    [2n ** 62n, 'int8'],
    ['ä€😀"\\', 'text'],
    [[1, 2, null], 'int[]'],
    [['a"b', 'c\\d', '', '{}', null], 'text[]'],
    [
      [
        [1, 2],
        [3, 4],
      ],
      'int[]',
    ],
    [{ a: { b: 'c' } }, 'jsonb'],
    [Buffer.from([0, 255, 1]), 'bytea'],
    [[Buffer.from([0, 255])], 'bytea[]'],
    [new Date('2026-05-06T07:08:09.123Z'), 'timestamptz'],
    [Infinity, 'float8'],
  ])('gives back %s as %s', async (value, type) => {
    await using db = await served.open()
    expect(await db.value(sql`select ${value}::${sql.raw(type)}`)).toEqual(value)
  })

  it('refuses what no server can read, and goes on', async () => {
    await using db = await served.open({ max: 1 })
    const cyclic: Record<string, unknown> = {}
    cyclic['self'] = cyclic
    const bad = [
      'a\0b',
      '\uD800',
      ['\uD800'],
      cyclic,
      new Date(NaN),
      Array.from({ length: 2 }, () => undefined),
    ]
    for (const value of bad) {
      await expect(db.query(sql`select ${value}`)).rejects.toThrow(MisuseError)
    }
    const many = sql.join(Array.from({ length: 65_536 }, () => 1))
    await expect(db.query(sql`select ${many}`)).rejects.toThrow('at most 65535, got 65536')
    await expect(db.query(sql.raw('select 1\0; drop'))).rejects.toThrow(MisuseError)
    await expect(db.query('select 1' as never)).rejects.toThrow('made by the tag sql')
    expect(await db.value(sql`select 1`)).toBe(1)
    expect(db.stats()).toMatchObject({ size: 1, destroyed: 0 })
  })

  it.each([
    ['select', '42601'],
    ['select 1; select 2', '42601'],
    ['select * from nowhere', '42P01'],
    ["select 'x'::int", '22P02'],
    ['select 1 / 0', '22012'],
  ])('throws what the server says of %s, and goes on', async (text, sqlState) => {
    await using db = await served.open({ max: 1 })
    if (text === 'select') return expect(await db.query(sql.raw(text))).toEqual([{}])
    const error = await failure(() => db.query(sql.raw(text)))
    expect(error).toBeInstanceOf(DatabaseError)
    expect(error).toMatchObject({ code: 'STATEMENT', sqlState })
    expect(await db.value(sql`select 1`)).toBe(1)
    expect(db.stats()).toMatchObject({ size: 1, destroyed: 0 })
  })

  it('names the constraint', async () => {
    await using db = await served.open()
    await db.execute(sql`create table born (year int constraint late check (year > 1900) not null)`)
    expect(await failure(() => db.execute(sql`insert into born values (1800)`))).toMatchObject({
      code: 'CHECK',
      constraint: 'late',
      table: 'born',
    })
    expect(await failure(() => db.execute(sql`insert into born values (null)`))).toMatchObject({
      code: 'NOT_NULL',
      column: 'year',
    })
  })

  it('refuses two columns of one name, and a transaction left open', async () => {
    await using db = await served.open({ max: 1 })
    expect((await failure(() => db.query(sql`select 1 as a, 2 as a`))).code).toBe(
      'DUPLICATE_COLUMN',
    )
    expect((await failure(() => db.execute(sql`begin`))).code).toBe('UNFINISHED_TRANSACTION')
    expect(await db.value(sql`select 1`)).toBe(1)
    expect(db.stats().size).toBe(1)
  })

  it('tells onQuery of each', async () => {
    const events: QueryEvent[] = []
    await using db = await served.open({ onQuery: (event) => void events.push(event) })
    await db.query(sql`select ${1}::int`)
    await failure(() => db.query(sql`select 1 / 0`))
    expect(events).toMatchObject([
      { text: 'select $1::int', count: 1, error: undefined },
      { text: 'select 1 / 0', count: undefined, error: { sqlState: '22012' } },
    ])
  })
})

describe('explainAfter', () => {
  it('has slow statements explained, and no others', async () => {
    const events: QueryEvent[] = []
    const onQuery = (event: QueryEvent): void => void events.push(event)
    await using db = await served.open({ max: 1, explainAfter: 50, onQuery })
    await db.execute(sql`create table explained (id int)`)
    expect(
      await db.value(sql`select ${1}::int from explained right join pg_sleep(0.1) on ${true}`),
    ).toBe(1)
    await db.query(sql`select 1`)
    expect(events.map(({ plan }) => plan?.includes('explained') ?? false)).toEqual([
      false,
      true,
      false,
    ])
  })
})

describe('Database.stream', () => {
  it('gives all rows, in batches', async () => {
    await using db = await served.open({ max: 1 })
    let sum = 0
    const rows = sql`select i from generate_series(1, ${2500}::int) i`
    for await (const { i } of db.stream<{ i: number }>(rows)) sum += i
    expect(sum).toBe((2500 * 2501) / 2)
    expect(db.stats()).toMatchObject({ idle: 1, destroyed: 0 })
  })

  it('left early closes the cursor and gives the connection back', async () => {
    await using db = await served.open({ max: 1, applicationName: 'left' })
    for await (const _ of db.stream(sql`select generate_series(1, 1000000)`, { batch: 10 })) break
    expect(
      await db.value(sql`select count(*)::int from pg_cursors where name like 'corral%'`),
    ).toBe(0)
    expect(await served.active('left')).toEqual([])
    expect(db.stats()).toMatchObject({ size: 1, idle: 1 })
  })

  it('in a transaction lets other statements in between', async () => {
    await using db = await served.open({ max: 1 })
    await db.transaction(async (tx) => {
      const seen: unknown[] = []
      for await (const { i } of tx.stream(sql`select generate_series(1, 3) as i`, { batch: 1 })) {
        seen.push(await tx.value(sql`select ${i}::int * 10`))
      }
      expect(seen).toEqual([10, 20, 30])
      expect(
        await tx.value(sql`select count(*)::int from pg_cursors where name like 'corral%'`),
      ).toBe(0)
    })
  })

  it('holds no more than a batch: the heap is flat over 200 000 rows', async () => {
    await using db = await served.open({ max: 1 })
    const rows = sql`select i, repeat('x', 500) as text from generate_series(1, 200000) i`
    let [seen, most] = [0, 0]
    globalThis.gc?.()
    const before = process.memoryUsage().heapUsed
    for await (const _ of db.stream(rows)) {
      seen += 1
      if (seen % 50_000 !== 0) continue
      globalThis.gc?.()
      most = Math.max(most, process.memoryUsage().heapUsed)
    }
    expect(seen).toBe(200_000)
    expect(most - before).toBeLessThan(20_000_000) // the rows are 100 MB
  })
})

describe('openPostgres', () => {
  it('refuses what cannot be right, without the password in the message', async () => {
    await expect(openPostgres('mysql://u:secret@h/d')).rejects.toThrow(MisuseError)
    await expect(openPostgres('mysql://u:secret@h/d')).rejects.not.toThrow('secret')
    await expect(openPostgres(served.postgres.url, { max: 0 })).rejects.toThrow('max must be')
    await expect(openPostgres(served.postgres.url, { grace: -1 })).rejects.toThrow(MisuseError)
  })

  it('says what keeps it from connecting', async () => {
    const wrong = new URL(served.postgres.url)
    wrong.password = 'wrong'
    expect((await failure(() => openPostgres(wrong.href))).code).toBe('AUTHENTICATION')
    const nowhere = new URL(served.postgres.url)
    nowhere.pathname = '/nowhere'
    expect((await failure(() => openPostgres(nowhere.href))).code).toBe('AUTHENTICATION')
    const closed = await failure(() => openPostgres('postgres://u:p@127.0.0.1:1/d'))
    expect(closed.code).toBe('CONNECT')
    const unknown = await failure(() => openPostgres('postgres://u:p@no-such-host.invalid/d'))
    expect(unknown.code).toBe('CONNECT')
    const tls = new URL(served.postgres.url)
    tls.search = '?sslmode=verify-full'
    expect((await failure(() => openPostgres(tls.href))).code).toBe('CONNECT')
  })
})
