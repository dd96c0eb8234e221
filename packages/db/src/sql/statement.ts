import { MisuseError } from 'corral'

/**
 * SQL with its values kept separate: `parts[0] $1 parts[1] $2 ... parts[n]`. Made only by the tag `sql`, so that no
 * outside string is ever taken for SQL.
 */
export class Sql {
  readonly parts: readonly string[]
  readonly values: readonly unknown[]

  /** @internal Use the tag `sql`. */
  constructor(parts: readonly string[], values: readonly unknown[]) {
    this.parts = parts
    this.values = values
  }

  /** @internal Text that already contains placeholders, in the engine's syntax. */
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

/** A NUL ends the text in the protocols: what follows it would be misread. */
function join(parts: readonly string[]): Texts {
  const marked = parts.join('?')
  if (marked.includes('\0') || !marked.isWellFormed()) {
    throw new MisuseError('sql: text must be well-formed and without NUL; pass it as a value')
  }
  let numbered = parts[0] ?? ''
  for (let i = 1; i < parts.length; i++) numbered += `$${i}${parts[i]}`
  return { numbered, marked }
}
