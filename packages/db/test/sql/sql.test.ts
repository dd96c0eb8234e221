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

  it('refuses an invalid escape, of which nothing would be left', () => {
    for (const broken of [
      () => sql`delete from t where path = 'C:\users'`,
      () => sql`delete from ${sql.identifier('t')} where path = 'C:\xyz'`,
      () => sql`select ${1}, '\1'`,
    ]) {
      expect(broken).toThrow(/sql: text must be without invalid escapes, got .*write \\\\ for/)
    }
    expect(sql`select '\\users\n'`.text).toBe("select '\\users\n'")
  })

  it('refuses to be called as a function', () => {
    for (const text of ['select 1', ['select 1'], undefined, null]) {
      expect(() => sql(text as never)).toThrow('sql: text must be a template')
    }
  })

  it("refuses placeholders of one's own beside values", () => {
    for (const mixed of [sql`select $1, ${7}`, sql`select ${7} where a=$2`]) {
      expect(() => mixed.text).toThrow('sql: text must have no placeholder of its own, got $')
    }
    for (const apart of [
      sql`select a$1, "$1", '$1', e'\\'$1', $$ $1 $$, $f$ $1 $f$, ${7} -- $1`,
      sql`/* $1 */ select ${7}`,
    ]) {
      expect(apart.text).toContain('$1')
    }
    for (const [mixed, found] of [
      [sql`select ?`, '?'],
      [sql`select ?, ${7}`, '?'],
      [sql`select ?1, ${7}`, '?1'],
      [sql`select * from t where id = :id`, ':id'],
      [sql`select @a`, '@a'],
      [sql`select $1, ${7}`, '$1'],
    ] as const) {
      expect(() => mixed.marked).toThrow(`no placeholder of its own, got ${found}; write`)
    }
    const apart = sql`select '?', "?", \`?\`, [?], a$1, a -> '$.x', ':a' /* ? */, ${7} -- :a`
    expect(apart.marked).toContain('?')
  })

  it('refuses holes in lists, as it does undefined', () => {
    const list: number[] = []
    list[0] = 1
    list[2] = 2
    expect(() => sql.join(list)).toThrow('value 3 must be a value, got undefined')
    expect(() => sql.values([list])).toThrow('got undefined')
    expect(() => sql.values(Array(2) as unknown[][])).toThrow('sql.values: row must be a list')
  })

  it('takes more rows than a call takes arguments', () => {
    const rows = Array.from({ length: 200_000 }, (_, i) => [i])
    expect(sql`values ${sql.values(rows)}`.values).toHaveLength(200_000)
    expect(sql.join(rows.flat()).values).toHaveLength(200_000)
  })

  it('refuses undefined, functions and promises', () => {
    expect(() => sql`select ${undefined}`).toThrow('sql: value 1 must be a value, got undefined')
    expect(() => sql`select ${() => 1}`).toThrow(MisuseError)
    expect(() => sql`select ${Promise.resolve(1)}`).toThrow('await it first')
  })
})
