import { MisuseError } from 'corral'
import { openSqlite, sql } from '@corral/db'
import { describe, expect, it } from 'vitest'

describe('openSqlite: types', () => {
  it.each([
    [5, 'integer', 5],
    [-0.5, 'real', -0.5],
    [2 ** 53, 'real', 2 ** 53],
    [2n ** 63n - 1n, 'integer', 2n ** 63n - 1n],
    [-(2n ** 63n), 'integer', -(2n ** 63n)],
    [7n, 'integer', 7],
    [true, 'integer', 1],
    [Infinity, 'real', Infinity],
    ['', 'text', ''],
    [new Date(0), 'text', '1970-01-01T00:00:00.000Z'],
    [[1, 'a'], 'text', '[1,"a"]'],
    [{ a: null }, 'text', '{"a":null}'],
    [new Uint8Array([1]), 'blob', new Uint8Array([1])],
    [null, 'null', null],
  ])('%s is %s', async (value, type, read) => {
    await using db = await openSqlite(':memory:')
    const row = await db.one(sql`select typeof(${value}) as type, ${value} as value`)
    expect(row).toEqual({ type, value: read })
  })

  it('divides whole numbers as SQLite does', async () => {
    await using db = await openSqlite(':memory:')
    expect(await db.value(sql`select ${5} / ${2}`)).toBe(2)
  })

  it.each([NaN, 2n ** 63n, -(2n ** 63n) - 1n])('refuses %s', async (value) => {
    await using db = await openSqlite(':memory:')
    await expect(db.value(sql`select ${value}`)).rejects.toThrow(MisuseError)
    expect(await db.value(sql`select 1`)).toBe(1)
  })
})
