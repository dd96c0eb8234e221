/**
 * A line of CSV [RFC 4180]. A text that a spreadsheet would take for a formula gets an apostrophe in front, which
 * makes it text [OWASP, CSV injection]: titles and URLs come from strangers. Numbers stay numbers.
 */
export function csvLine(fields: readonly (string | number | boolean | null)[]): string {
  return `${fields.map(csvField).join(',')}\r\n`
}

function csvField(field: string | number | boolean | null): string {
  if (field === null) return ''
  if (typeof field !== 'string') return String(field)
  const safe = /^\s*[=+\-@|%]|^[\t\r\n]/.test(field) ? `'${field}` : field
  return /[",\r\n]|^\s|\s$|^'/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}
