/** Characters that matter to HTML, by their codes. */
export const bang: number = 0x21
export const doubleQuote: number = 0x22
export const singleQuote: number = 0x27
export const slash: number = 0x2f
export const equals: number = 0x3d
export const closing: number = 0x3e
export const question: number = 0x3f

export function endOfName(html: string, at: number): number {
  let end = at
  while (end < html.length && !endsName(html.charCodeAt(end))) end++
  return end
}

export function skipBlank(html: string, at: number): number {
  let end = at
  while (end < html.length && isBlank(html.charCodeAt(end))) end++
  return end
}

export function isLetter(code: number): boolean {
  const lower = code | 0x20
  return lower >= 0x61 && lower <= 0x7a
}

export function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x0a || code === 0x09 || code === 0x0d || code === 0x0c
}

export function endsName(code: number): boolean {
  return code === closing || code === slash || isBlank(code)
}

export function endsAttributeName(code: number): boolean {
  return code === equals || endsName(code)
}
