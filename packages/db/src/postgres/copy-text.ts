import { refuse } from 'corral/lowlevel'
import type { CopyRow, CopyRows } from '../executor.ts'
import { encode } from './encode.ts'

const enough = 65_536

/** Rows in COPY's text format, in chunks large enough for a packet. */
export async function* copyText(rows: CopyRows): AsyncGenerator<Buffer, void> {
  let pieces: Buffer[] = []
  let size = 0
  for await (const row of rows) {
    const piece = pieceOf(row)
    pieces.push(piece)
    size += piece.length
    if (size < enough) continue
    yield Buffer.concat(pieces)
    pieces = []
    size = 0
  }
  if (size > 0) yield Buffer.concat(pieces)
}

function pieceOf(row: CopyRow): Buffer {
  if (typeof row === 'string') return Buffer.from(row)
  if (row instanceof Uint8Array) return Buffer.from(row)
  if (!Array.isArray(row)) refuse('copyFrom: row', 'a list of values, text or bytes', row)
  return Buffer.from(`${row.map(field).join('\t')}\n`)
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
