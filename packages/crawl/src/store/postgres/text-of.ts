/** Text as PostgreSQL keeps it: what comes from the net may be anything. */
export function textOf(text: string | undefined): string | null {
  return text === undefined ? null : text.replaceAll('\0', '\uFFFD').toWellFormed()
}
