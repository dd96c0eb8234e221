/** A name for a terminal or a log: what would move the cursor, or hide, is shown as its number. */
export function printable(text: string): string {
  return text
    .toWellFormed()
    .slice(0, 200)
    .replaceAll(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, (char) => {
      const code = (char.codePointAt(0) as number).toString(16)
      return code.length > 2 ? `\\u${code.padStart(4, '0')}` : `\\x${code.padStart(2, '0')}`
    })
}
