import { MisuseError } from 'corral'

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

  /** @internal Text that has its placeholders already, as its engine writes them. */
  static compiled(text: string, values: readonly unknown[]): Sql {
    return new Sql([text], values)
  }

  /** The text as PostgreSQL takes it, with `$1`, `$2` for the values. */
  get text(): string {
    return textsOf(this.parts).numbered
  }

  /** @internal The text as SQLite takes it, with `?` for the values. */
  get marked(): string {
    return textsOf(this.parts).marked
  }

  get [Symbol.toStringTag](): string {
    return 'Sql'
  }
}

interface Texts {
  readonly numbered: string
  readonly marked: string
}

/** A template is written once and used often: its parts are the same array each time. */
const known = new WeakMap<readonly string[], Texts>()

function textsOf(parts: readonly string[]): Texts {
  let texts = known.get(parts)
  if (texts === undefined) known.set(parts, (texts = join(parts)))
  return texts
}

/** A NUL ends the text in the protocols: what stands behind it would be taken for something else. */
function join(parts: readonly string[]): Texts {
  const marked = parts.join('?')
  if (marked.includes('\0') || !marked.isWellFormed()) {
    throw new MisuseError('sql: text must be well-formed and without NUL; pass it as a value')
  }
  let numbered = parts[0] ?? ''
  for (let i = 1; i < parts.length; i++) numbered += `$${i}${parts[i]}`
  return { numbered, marked }
}
