/** Comments of PostgreSQL nest, and a carriage return ends those that begin with `--`; those of SQLite do neither. */
export type Dialect = 'postgres' | 'sqlite'

/** Blanks and comments of one line. */
const skipped = { postgres: /[\s;]+|--[^\n\r]*/y, sqlite: /[\s;]+|--[^\n]*/y } as const
const bracket = /\/\*|\*\//g
/** What nothing else begins in, as a pattern: literals, and names. */
export const wholes: Readonly<Record<Dialect, string>> = {
  postgres: String.raw`e'(?:\\[^]|[^'\\])*'|'[^']*'|"[^"]*"|\$(?<tag>[\p{L}_][\p{L}\w]*|)\$[^]*?\$\k<tag>\$|[\p{L}_][\p{L}\w$]*`,
  sqlite: String.raw`'[^']*'|"[^"]*"|${'`[^`]*`'}|\[[^\]]*\]|[\p{L}_][\p{L}\w$]*`,
}
const pieces = {
  postgres: new RegExp(String.raw`(--[^\n\r]*|\/\*)|${wholes.postgres}`, 'giu'),
  sqlite: new RegExp(String.raw`(--[^\n]*|\/\*)|${wholes.sqlite}`, 'gu'),
} as const

/** A statement's text from its first word on. */
export function afterComments(text: string, dialect: Dialect): string {
  const blank = skipped[dialect]
  let at = 0
  for (;;) {
    blank.lastIndex = at
    const end = text.startsWith('/*', at)
      ? commentEnd(text, at, dialect)
      : blank.test(text)
        ? blank.lastIndex
        : at
    if (end === at) return at === 0 ? text : text.slice(at)
    at = end
  }
}

/** A text with a blank for each comment. */
export function withoutComments(text: string, dialect: Dialect): string {
  if (!/--|\/\*/.test(text)) return text
  const piece = pieces[dialect]
  let plain = ''
  let at = 0
  piece.lastIndex = 0
  for (let found = piece.exec(text); found !== null; found = piece.exec(text)) {
    const [, comment] = found
    if (comment === undefined) continue
    plain += `${text.slice(at, found.index)} `
    if (comment === '/*') piece.lastIndex = commentEnd(text, found.index, dialect)
    at = piece.lastIndex
  }
  return plain + text.slice(at)
}

function commentEnd(text: string, start: number, dialect: Dialect): number {
  let depth = 1
  bracket.lastIndex = start + 2
  for (let found = bracket.exec(text); found !== null; found = bracket.exec(text)) {
    if (found[0] === '*/') depth -= 1
    else if (dialect === 'postgres') depth += 1
    if (depth === 0) return bracket.lastIndex
  }
  return text.length
}
