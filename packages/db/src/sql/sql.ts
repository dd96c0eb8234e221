import { MisuseError } from 'corral'
import { describe, refuse } from 'corral/lowlevel'
import { Sql } from './statement.ts'

interface SqlTag {
  /**
   * A statement, or a fragment of one. Everything in `${}` is a parameter, never SQL text; fragments are inlined.
   *
   * @throws MisuseError for `undefined`: use `null` for NULL; for an escape that JavaScript does not know, such as `\\u`
   * @example
   * const adults = sql`age >= ${18}`
   * await db.query(sql`select name from users where ${adults} and city = ${city}`)
   */
  (strings: TemplateStringsArray, ...values: readonly unknown[]): Sql
  /** A name, quoted: `sql.identifier('public', 'users')` is `"public"."users"`. */
  identifier(...names: readonly string[]): Sql
  /**
   * Fragments or values, joined by a separator. An empty list is refused: `in ()` is not SQL, so handle that case
   * yourself.
   *
   * @param separator between them; a comma by default
   */
  join(items: readonly unknown[], separator?: Sql): Sql
  /** Verbatim SQL. Never pass outside input. */
  raw(text: string): Sql
  /** Rows for `insert ... values`: `($1, $2), ($3, $4)`. All must have the same length. */
  values(rows: readonly (readonly unknown[])[]): Sql
}

function build(strings: readonly string[], given: readonly unknown[], where = 'sql'): Sql {
  if (!given.some((value) => value instanceof Sql)) {
    for (let i = 0; i < given.length; i++) requireValue(where, i, given[i])
    return new Sql(strings, given)
  }
  const parts = [strings[0] ?? '']
  const values: unknown[] = []
  for (const [i, value] of given.entries()) {
    const after = strings[i + 1] ?? ''
    if (value instanceof Sql) {
      parts.push(`${parts.pop()}${value.parts[0]}`)
      // One by one: there may be more than a call takes arguments.
      for (let j = 1; j < value.parts.length; j++) parts.push(value.parts[j] as string)
      for (const each of value.values) values.push(each)
      parts.push(`${parts.pop()}${after}`)
    } else {
      requireValue(where, i, value)
      values.push(value)
      parts.push(after)
    }
  }
  return new Sql(parts, values)
}

const storable: ReadonlySet<string> = new Set(['string', 'number', 'bigint', 'boolean'])

function requireValue(api: string, i: number, value: unknown): void {
  if (value === null || storable.has(typeof value)) return
  const where = `${api}: value ${i + 1}`
  if (value === undefined) {
    throw new MisuseError(`${where} must be a value, got undefined; say null for NULL`)
  }
  if (typeof value === 'function' || typeof value === 'symbol') {
    refuse(where, 'a value that a database can hold', value)
  }
  if (typeof (value as PromiseLike<unknown> | null)?.then === 'function') {
    throw new MisuseError(`${where} must be a value, got a promise (object); await it first`)
  }
}

function identifier(...names: readonly string[]): Sql {
  if (names.length === 0) refuse('sql.identifier: name', 'given', undefined)
  for (const name of names) {
    if (typeof name === 'string' && name !== '' && !name.includes('\0')) continue
    refuse('sql.identifier: name', 'a string that is not empty, without NUL', name)
  }
  return new Sql([names.map((name) => `"${name.replaceAll('"', '""')}"`).join('.')], [])
}

function join(items: readonly unknown[], separator: Sql = new Sql([', '], [])): Sql {
  requireList('sql.join: items', items)
  const between: unknown[] = []
  // By index: a hole is undefined, and refused.
  for (let i = 0; i < items.length; i++) {
    if (i > 0) between.push(separator)
    between.push(items[i])
  }
  return build(
    Array.from({ length: between.length + 1 }, () => ''),
    between,
    'sql.join',
  )
}

function raw(text: string): Sql {
  if (typeof text !== 'string') refuse('sql.raw: text', 'a string', text)
  return new Sql([text], [])
}

function values(rows: readonly (readonly unknown[])[]): Sql {
  requireList('sql.values: rows', rows)
  const width = rows[0]?.length
  return join(
    Array.from(rows, (row) => {
      requireList('sql.values: row', row)
      if (row.length !== width) refuse('sql.values: row', `of ${width} values as the first`, row)
      return build(['(', ...row.slice(1).map(() => ', '), ')'], row, 'sql.values')
    }),
  )
}

function requireList(where: string, list: readonly unknown[]): void {
  if (Array.isArray(list) && list.length > 0) return
  throw new MisuseError(
    `${where} must be a list that is not empty, got ${describe(list)}; treat the empty case by itself`,
  )
}

function requireTemplate(strings: TemplateStringsArray): void {
  if (!Array.isArray(strings) || strings.raw === undefined) {
    throw new MisuseError(
      `sql: text must be a template, sql\`...\`, got ${describe(strings)}; sql.raw takes a string`,
    )
  }
  // A tagged template has no text for it, and no syntax error: part of the statement would be missing.
  const i = strings.indexOf(undefined as never)
  if (i === -1) return
  throw new MisuseError(
    `sql: text must be without invalid escapes, got ${JSON.stringify(strings.raw[i])}; write \\\\ for a backslash`,
  )
}

/** The tag: see {@link SqlTag}. */
export const sql: SqlTag = Object.assign(
  (strings: TemplateStringsArray, ...given: readonly unknown[]) => {
    requireTemplate(strings)
    return build(strings, given)
  },
  { identifier, join, raw, values },
)
export type { SqlTag }
