/**
 * A link of a page in another encoding than UTF-8: browsers write the letters of its query in that encoding [URL 4.4, query
 * state], as the server of the page expects them. What the encoding has no letter for becomes a numeric reference.
 *
 * @param href as written; nothing but its query is touched
 * @param encoding as `TextDecoder` calls it
 * @example
 * encodeQuery('/é?q=é', 'windows-1252') // '/é?q=%E9'
 */
export function encodeQuery(href: string, encoding: string): string {
  const start = href.indexOf('?')
  if (start === -1 || !/[^\0-\x7f]/.test(href) || hasNoEncoder.test(encoding)) return href
  const hash = href.indexOf('#')
  if (hash !== -1 && hash < start) return href
  const end = hash === -1 ? href.length : hash
  if (encoding === 'iso-2022-jp') {
    return href.slice(0, start) + encodeIso2022Jp(href.slice(start, end)) + href.slice(end)
  }
  const table = tableOf(encoding)
  const query = href.slice(start, end).replace(/[^\0-\x7f]/gu, (letter) => {
    return table.get(letter) ?? `%26%23${letter.codePointAt(0)}%3B`
  })
  return href.slice(0, start) + query + href.slice(end)
}

/** Those of which the output encoding is UTF-8 [Encoding 4.3]. */
const hasNoEncoder = /^(utf-|replacement$)/

/** The one with a memory [Encoding 12.2]: its letters are those of EUC-JP without the highest bits, between two marks. */
function encodeIso2022Jp(query: string): string {
  const table = tableOf('euc-jp')
  let encoded = ''
  let isJapanese = false
  for (const letter of query) {
    const isAscii = letter < '\x80'
    const [, lead = '', trail = ''] = /^%([A-F]\w)%([A-F]\w)$/.exec(table.get(letter) ?? '') ?? []
    const isKnown = !isAscii && lead !== ''
    if (isKnown !== isJapanese) encoded += isKnown ? '%1B$B' : '%1B(B'
    isJapanese = isKnown
    if (isKnown) encoded += inQuery(lead) + inQuery(trail)
    else encoded += isAscii ? letter : `%26%23${letter.codePointAt(0)}%3B`
  }
  return isJapanese ? `${encoded}%1B(B` : encoded
}

/** A byte of EUC-JP, without its highest bit, as a query has it [URL 1.3, special-query percent-encode set]. */
function inQuery(hex: string): string {
  const byte = Number.parseInt(hex, 16) & 0x7f
  const letter = String.fromCharCode(byte)
  return /["#<>' ]/.test(letter) ? `%${byte.toString(16).toUpperCase()}` : letter
}

/** Letters and what stands for them in a query, by encoding; made when first needed, in some hundredths of a second. */
const tables = new Map<string, ReadonlyMap<string, string>>()

function tableOf(encoding: string): ReadonlyMap<string, string> {
  let table = tables.get(encoding)
  if (table === undefined) tables.set(encoding, (table = makeTable(encoding)))
  return table
}

/** There are decoders in the platform and no encoders: a table is what all bytes and pairs of bytes decode to. */
function makeTable(encoding: string): ReadonlyMap<string, string> {
  const table = new Map<string, string>()
  const decoder = new TextDecoder(encoding, { fatal: true })
  const add = (...bytes: number[]): void => {
    let letter: string
    try {
      letter = decoder.decode(Uint8Array.from(bytes))
    } catch {
      return
    }
    if (!/^.$/su.test(letter) || table.has(letter)) return
    table.set(letter, bytes.map((byte) => `%${byte.toString(16).toUpperCase()}`).join(''))
  }
  for (let byte = 0x80; byte <= 0xff; byte++) add(byte)
  if (!/^(gb|big5|euc-|shift_jis)/.test(encoding)) return table
  // What Big5 has before is for reading alone, and so is the row in the middle of Shift_JIS [Encoding 11.1, 12.3].
  for (let lead = encoding === 'big5' ? 0xa1 : 0x81; lead <= 0xfe; lead++) {
    if (encoding === 'shift_jis' && (lead === 0xed || lead === 0xee)) continue
    for (let trail = 0x30; trail <= 0xfe; trail++) add(lead, trail)
  }
  return table
}
