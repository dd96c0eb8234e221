import { MisuseError } from 'corral'
import { perTemplate } from './per-template.ts'
import { markedPlaceholders, numberedPlaceholder } from './placeholders.ts'

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
    return numbered(this.parts)
  }

  /** @internal The text as SQLite takes it, with `?` for the values. */
  get marked(): string {
    const { text, count, other } = marked(this.parts)
    if (other !== undefined) refusePlaceholder(other)
    if (count > this.values.length) refusePlaceholder('?')
    return text
  }

  get [Symbol.toStringTag](): string {
    return 'Sql'
  }
}

const numbered = perTemplate((parts) => {
  // Ours would get the same number. A text of one part is compiled, or the server refuses it.
  if (parts.length > 1) {
    const found = numberedPlaceholder(join(parts, () => '?'))
    if (found !== undefined) refusePlaceholder(found)
  }
  return join(parts, (i) => `$${i}`)
})

const marked = perTemplate((parts) => {
  const text = join(parts, () => '?')
  return { text, ...markedPlaceholders(text) }
})

/** A NUL ends the text in the protocols: what follows it would be misread. */
function join(parts: readonly string[], placeholder: (i: number) => string): string {
  let text = parts[0] ?? ''
  for (let i = 1; i < parts.length; i++) text += placeholder(i) + parts[i]
  if (text.includes('\0') || !text.isWellFormed()) {
    throw new MisuseError('sql: text must be well-formed and without NUL; pass it as a value')
  }
  return text
}

function refusePlaceholder(found: string): never {
  throw new MisuseError(
    `sql: text must have no placeholder of its own, got ${found}; write \${value} where a value goes`,
  )
}
