/**
 * What an answer may do that the standards forbid, though browsers and curl read it:
 *
 *   cut-data          a packed body that ends too early counts as its start
 *   bare-lf           lines of the head end in LF alone
 *   folded-headers    a header goes on in the next line [RFC 9112 5.2]
 *   odd-headers       names with blanks, lines without a colon, control bytes: what cannot be read is left out
 *   equal-lengths     Content-Length several times, with one value [RFC 9110 8.6]
 *   odd-chunks        blanks around chunk sizes, LF alone behind them
 *   identity          Transfer-Encoding identity; Content-Length beside chunked, which wins
 */
export const leniencies = [
  'cut-data',
  'bare-lf',
  'folded-headers',
  'odd-headers',
  'equal-lengths',
  'odd-chunks',
  'identity',
] as const

export type Leniency = (typeof leniencies)[number]

/** Whether it is about the bytes of the answer, not about what is packed in them. */
export function isOfSyntax(each: Leniency): boolean {
  return each !== 'cut-data'
}
