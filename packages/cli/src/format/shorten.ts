/** A text in so many letters at most: of what is longer, beginning and end, since hosts and URLs differ at both. */
export function shorten(text: string, length: number, more = '…'): string {
  if (text.length <= length) return text
  if (length <= more.length) return text.slice(0, Math.max(0, length))
  const kept = length - more.length
  const start = Math.ceil(kept / 2)
  return `${text.slice(0, start)}${more}${text.slice(text.length - (kept - start))}`
}
