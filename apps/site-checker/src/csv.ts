import type { FindingRow } from './sites.ts'

const columns = ['kind', 'change', 'url', 'detail', 'linked_from'] as const

/** A table for spreadsheets; what looks like a formula there is made text. */
export async function* toCsv(rows: AsyncIterable<FindingRow>): AsyncGenerator<string, void> {
  yield `${columns.join(',')}\r\n`
  for await (const row of rows) yield `${columns.map((name) => field(row[name])).join(',')}\r\n`
}

function field(value: string): string {
  const text = /^[=+\-@\t]/.test(value) ? `'${value}` : value
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
