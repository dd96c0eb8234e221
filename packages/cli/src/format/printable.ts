/**
 * A text from outside (a URL, a status line, an error) made safe to show on a terminal, on one line: control and
 * formatting characters are what terminals obey instead of showing them.
 */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ').trim()
}
