/**
 * Reads a Retry-After header: whole seconds, or an HTTP date [RFC 9110 10.2.3].
 *
 * @param now milliseconds since the epoch
 * @returns milliseconds from now, at least 0; undefined for what is neither
 */
export function parseRetryAfter(value: string | undefined, now: number): number | undefined {
  const text = value?.trim() ?? ''
  if (/^\d+$/.test(text)) return Number(text) * 1000
  // Date.parse takes almost anything: a date of HTTP begins with the name of a day.
  if (!/^(mon|tue|wed|thu|fri|sat|sun)/i.test(text)) return undefined
  const at = Date.parse(/\bgmt\b/i.test(text) ? text : `${text} GMT`)
  return Number.isNaN(at) ? undefined : Math.max(0, at - now)
}
