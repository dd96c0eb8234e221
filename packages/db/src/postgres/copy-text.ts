import { refuse } from 'corral/lowlevel'
import type { CopyRow, CopyRows } from '../executor.ts'
import { wordsOf } from './words.ts'
import type { Sql } from '../sql/statement.ts'
import { encode } from './encode.ts'

const enough = 65_536

/**
 * Rows in COPY's text format, in chunks large enough for a packet.
 *
 * @throws MisuseError for a row that the statement would read as something else
 */
export async function* copyText(query: Sql, rows: CopyRows): AsyncGenerator<Buffer, void> {
  const options = optionsOf(query)
  let pieces: Buffer[] = []
  let size = 0
  for await (const row of rows) {
    const piece = pieceOf(row, options)
    pieces.push(piece)
    size += piece.length
    if (size < enough) continue
    yield Buffer.concat(pieces)
    pieces = []
    size = 0
  }
  if (size > 0) yield Buffer.concat(pieces)
}

/** Options that change how the rows are to be written, or the text encoded. */
interface CopyOptions {
  readonly format: string | undefined
  readonly encoding: string | undefined
}

function optionsOf(query: Sql): CopyOptions {
  const [, options = ''] =
    /\bfrom\s+std(?:in|out)\b(.*?)(?:\bwhere\b|$)/is.exec(wordsOf(query.text)) ?? []
  const changed = options.replace(/\bformat\s+text\b/i, '')
  const [format] = /\b(?:format|csv|binary|delimiters?|null|default|header)\b/i.exec(changed) ?? []
  const [encoding] = /\bencoding\b/i.exec(options) ?? []
  return { format, encoding }
}

function pieceOf(row: CopyRow, { format, encoding }: CopyOptions): Buffer {
  if (row instanceof Uint8Array) return Buffer.from(row)
  if (encoding !== undefined) refuse('copyFrom: row', 'bytes, as the copy has an encoding', row)
  if (typeof row === 'string') return Buffer.from(row)
  if (!Array.isArray(row)) refuse('copyFrom: row', 'a list of values, text or bytes', row)
  if (format !== undefined) {
    const wanted = `text or bytes, as the option "${format}" decides how a list would be written`
    refuse('copyFrom: row', wanted, row)
  }
  return Buffer.from(`${Array.from(row, field).join('\t')}\n`)
}

function field(value: unknown, i: number): string {
  const encoded = encode(value, `copyFrom: value ${i + 1}`)
  if (encoded === null) return String.raw`\N`
  if (typeof encoded !== 'string') return String.raw`\\x${encoded.toString('hex')}`
  return encoded.replace(/[\\\t\n\r]/g, (character) => escapes[character] as string)
}

const escapes: Readonly<Record<string, string>> = {
  '\\': String.raw`\\`,
  '\t': String.raw`\t`,
  '\n': String.raw`\n`,
  '\r': String.raw`\r`,
}
