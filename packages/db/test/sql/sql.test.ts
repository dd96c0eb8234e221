import { MisuseError } from 'corral'
import { sql } from '@corral/db'
import { describe, expect, it } from 'vitest'

function shape(statement: ReturnType<typeof sql>): [string, readonly unknown[]] {
  return [statement.text, statement.values]
}

describe('sql', () => {
  it('makes parameters of values, never text', () => {
    expect(shape(sql`select ${1}, ${"'; drop table users; --"}`)).toEqual([
      'select $1, $2',
      [1, "'; drop table users; --"],
    ])
  })

  it('nests, and numbers the parameters through', () => {
    const inner = sql`b = ${2} or c = ${3}`
    const statement = sql`select * from t where a = ${1} and (${inner}) and d = ${4}`
    expect(shape(statement)).toEqual([
      'select * from t where a = $1 and (b = $2 or c = $3) and d = $4',
      [1, 2, 3, 4],
    ])
    expect(shape(sql`${inner}${inner}`)).toEqual(['b = $1 or c = $2b = $3 or c = $4', [2, 3, 2, 3]])
  })

  it('quotes identifiers', () => {
    expect(sql.identifier('s', 'a"b').text).toBe('"s"."a""b"')
    expect(() => sql.identifier('')).toThrow(MisuseError)
    expect(() => sql.identifier()).toThrow(MisuseError)
    expect(() => sql.identifier('a\0b')).toThrow(MisuseError)
  })

  it('refuses a part whose escape is invalid: the language leaves it out', () => {
    const invalid = [
      () => sql`delete from t where path = 'C:\users'`,
      () => sql`delete from ${sql.identifier('t')} where path = 'C:\xyz'`,
      () => sql`update t set a = ${1} where b = '\1'`,
    ]
    for (const make of invalid) expect(make).toThrow('has an escape that JavaScript does not know')
    expect(sql`where path = 'C:\\users'`.text).toBe(String.raw`where path = 'C:\users'`)
  })

  it.each([undefined, 'select 1', 5, ['select 1']])(
    'refuses a call with %s: it is a tag',
    (text) => {
      expect(() => sql(text as never)).toThrow('sql: text must be a template')
    },
  )

  it('joins values and pieces', () => {
    expect(shape(sql`x in (${sql.join([1, 2])})`)).toEqual(['x in ($1, $2)', [1, 2]])
    const both = sql.join([sql`a = ${1}`, sql`b = ${2}`], sql` and `)
    expect(shape(both)).toEqual(['a = $1 and b = $2', [1, 2]])
  })

  it('refuses to join nothing: in () is no SQL', () => {
    expect(() => sql.join([])).toThrow('sql.join: items must be a list that is not empty')
  })

  it('writes rows, all of one length', () => {
    const rows = [
      [1, 'a'],
      [2, null],
    ]
    expect(shape(sql`values ${sql.values(rows)}`)).toEqual([
      'values ($1, $2), ($3, $4)',
      [1, 'a', 2, null],
    ])
    expect(() => sql.values([[1, 2], [3]])).toThrow(MisuseError)
    expect(() => sql.values([])).toThrow(MisuseError)
    expect(() => sql.values([[]])).toThrow(MisuseError)
  })

  it('takes raw text as it is', () => {
    expect(shape(sql`select ${sql.raw('now()')}`)).toEqual(['select now()', []])
  })

  it('refuses undefined, functions and promises', () => {
    expect(() => sql`select ${undefined}`).toThrow('sql: value 1 must be a value, got undefined')
    expect(() => sql`select ${() => 1}`).toThrow(MisuseError)
    expect(() => sql`select ${Promise.resolve(1)}`).toThrow('await it first')
  })
})
