/**
 * The name by which robots.txt files know a crawler: the first word of its user agent, and of one that begins like a browser's
 * the product that calls itself compatible, or a bot [RFC 9309 2.2.1].
 *
 * @example
 * robotsToken('Mozilla/5.0 (compatible; ExampleBot/0.1; +https://www.example.com/bot.html)') // 'ExampleBot'
 */
export function robotsToken(userAgent: string): string {
  const first = /^[a-z_-]+/i.exec(userAgent)?.[0]
  if (first?.toLowerCase() !== 'mozilla') return first ?? 'corral'
  const compatible = /\bcompatible;\s*(?!msie\b)([a-z_-]+)/i.exec(userAgent)?.[1]
  return compatible ?? /[a-z_-]*(?:bot|crawler|spider)[a-z_-]*/i.exec(userAgent)?.[0] ?? first
}
