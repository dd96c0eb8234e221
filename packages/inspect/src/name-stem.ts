/**
 * A name without what only tells its bearer from others: `req#41`, `req-41` and `GET /users/7` become `req`, `req` and
 * `GET /users/*`, a URL its origin. What is counted by stem has few names, however many tasks there are. (It calls and names nothing
 * outside, so that its source can be sent to another process.)
 */
export function nameStem(name: string): string {
  if (name.includes('://')) {
    return name.slice(0, 200).replace(/([a-z]+:\/\/[^/?#\s]+)[/?#]\S*/gi, '$1/*')
  }
  const stem = name.slice(0, 200).replace(/(?:\s*#|[-_.])?\d+$/, '')
  if (!/\d/.test(stem) && stem.length > 0 && !/[/ :=]$/.test(stem)) return stem
  return name
    .slice(0, 200)
    .replace(/[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}/gi, '*')
    .replace(/(?<=[/ :=])\d[\w.]*/g, '*')
    .replace(/(?:\s*#|[-_.])?\d+$/, '')
}
