const skipped = /[\s;]+|--[^\n]*/y
const bracket = /\/\*|\*\//g

/**
 * A statement's text from its first word on. A comment in a comment ends with its own `*\/` where they nest, as in
 * PostgreSQL, but not in SQLite.
 */
export function afterComments(text: string, nesting: boolean): string {
  let at = 0
  for (;;) {
    skipped.lastIndex = at
    const end = text.startsWith('/*', at)
      ? commentEnd(text, at, nesting)
      : skipped.test(text)
        ? skipped.lastIndex
        : at
    if (end === at) return at === 0 ? text : text.slice(at)
    at = end
  }
}

function commentEnd(text: string, start: number, nesting: boolean): number {
  let depth = 1
  bracket.lastIndex = start + 2
  for (let found = bracket.exec(text); found !== null; found = bracket.exec(text)) {
    if (found[0] === '*/') depth -= 1
    else if (nesting) depth += 1
    if (depth === 0) return bracket.lastIndex
  }
  return text.length
}

/** A text with a blank for each comment; not for what a comment may stand in, such as a literal. */
export function withoutComments(text: string): string {
  return text.replace(/\/\*[^]*?\*\/|--[^\n]*/g, ' ')
}
