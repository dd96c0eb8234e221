/**
 * SQL with its values beside it: `parts[0] $1 parts[1] $2 ... parts[n]`. Made by the tag `sql` only, so that no
 * string that came from outside is ever taken for SQL.
 */
export class Sql {
  readonly parts: readonly string[]
  readonly values: readonly unknown[]

  /** @internal Use the tag `sql`. */
  constructor(parts: readonly string[], values: readonly unknown[]) {
    this.parts = parts
    this.values = values
  }

  /** The text as PostgreSQL takes it, with `$1`, `$2` for the values. */
  get text(): string {
    let text = this.parts[0] ?? ''
    for (let i = 1; i < this.parts.length; i++) text += `$${i}${this.parts[i]}`
    return text
  }

  /** @internal The text as SQLite takes it, with `?` for the values. */
  get marked(): string {
    return this.parts.join('?')
  }

  get [Symbol.toStringTag](): string {
    return 'Sql'
  }
}
