/**
 * A header that is a URL, with its bytes beyond ASCII escaped, as browsers do whatever their encoding was meant to be. Header
 * values have a letter for each byte.
 *
 * @example
 * escapeBytes('/\u00c3\u00a9') // '/%C3%A9'
 */
export function escapeBytes(value: string): string {
  return value.replace(
    /[\u0080-\u00ff]/g,
    (byte) => `%${byte.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}
