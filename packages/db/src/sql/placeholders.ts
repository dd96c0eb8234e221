/** What hides a placeholder in PostgreSQL: literals, names, which may contain `$1`, and comments. */
const postgres =
  /e'(?:\\[^]|[^'\\])*'|'[^']*'|"[^"]*"|\$([a-z_]\w*|)\$[^]*?\$\1\$|\/\*[^]*?\*\/|--[^\n]*|[\p{L}_][\p{L}\w$]*|\$\d+/giu
const sqlite =
  /'[^']*'|"[^"]*"|`[^`]*`|\[[^\]]*\]|\/\*[^]*?\*\/|--[^\n]*|[\p{L}_][\p{L}\w$]*|\?\d*|[:@$][\p{L}\w$]+/gu

/** The first `$1` in a text of PostgreSQL. */
export function numberedPlaceholder(text: string): string | undefined {
  if (!/\$\d/.test(text)) return undefined
  return text.match(postgres)?.find((token) => /^\$\d/.test(token))
}

/** How many `?` a text of SQLite has, and the first of another kind, such as `:name`. */
export function markedPlaceholders(text: string): { count: number; other: string | undefined } {
  let count = 0
  let other: string | undefined
  for (const [token] of text.matchAll(sqlite)) {
    if (token === '?') count += 1
    else if (/^[?:@$]/.test(token)) other ??= token
  }
  return { count, other }
}
