import { wholes, withoutComments } from './comments.ts'

const postgres = new RegExp(String.raw`${wholes.postgres}|\$\d+`, 'giu')
const sqlite = new RegExp(String.raw`${wholes.sqlite}|\?\d*|[:@$][\p{L}\w$]+`, 'gu')

/** The first `$1` in a text of PostgreSQL. */
export function numberedPlaceholder(text: string): string | undefined {
  if (!/\$\d/.test(text)) return undefined
  return withoutComments(text, 'postgres')
    .match(postgres)
    ?.find((token) => /^\$\d/.test(token))
}

/** How many `?` a text of SQLite has, and the first of another kind, such as `:name`. */
export function markedPlaceholders(text: string): { count: number; other: string | undefined } {
  let count = 0
  let other: string | undefined
  for (const [token] of withoutComments(text, 'sqlite').matchAll(sqlite)) {
    if (token === '?') count += 1
    else if (/^[?:@$]/.test(token)) other ??= token
  }
  return { count, other }
}
