import { createHash, randomUUID } from 'node:crypto'

/** A record of a WARC file, before it is written. */
export interface WarcRecord {
  readonly type: 'warcinfo' | 'request' | 'response' | 'revisit'
  readonly contentType: string
  /** The page it is about. */
  readonly target?: string
  /** Milliseconds since the epoch. */
  readonly at: number
  /** What stands before the payload in the block: the head of an HTTP message. */
  readonly head: string
  readonly payload?: Uint8Array
  /** Further named fields. */
  readonly fields?: Readonly<Record<string, string>>
}

/**
 * Writes a record as WARC 1.1 has it, not packed.
 *
 * @returns its parts, and the id by which others may name it
 * @see https://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/
 */
export function formatWarcRecord(record: WarcRecord): { id: string; parts: Uint8Array[] } {
  const id = `<urn:uuid:${randomUUID()}>`
  const head = Buffer.from(record.head, 'latin1')
  const payload = record.payload ?? Buffer.alloc(0)
  const fields: Record<string, string> = {
    'WARC-Type': record.type,
    'WARC-Record-ID': id,
    'WARC-Date': new Date(record.at).toISOString(),
    ...(record.target === undefined ? {} : { 'WARC-Target-URI': record.target }),
    ...record.fields,
    ...(record.payload === undefined ? {} : { 'WARC-Payload-Digest': digestOf(payload) }),
    'WARC-Block-Digest': digestOf(head, payload),
    'Content-Type': record.contentType,
    'Content-Length': String(head.length + payload.length),
  }
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`)
  const start = Buffer.from(`WARC/1.1\r\n${lines.join('')}\r\n`)
  return { id, parts: [start, head, payload, Buffer.from('\r\n\r\n')] }
}

function digestOf(...parts: readonly Uint8Array[]): string {
  const hash = createHash('sha1')
  for (const part of parts) hash.update(part)
  return `sha1:${base32(hash.digest())}`
}

const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

/** RFC 4648, for whole groups of five bytes such as a SHA-1 has. */
function base32(bytes: Uint8Array): string {
  let text = ''
  for (let at = 0; at < bytes.length; at += 5) {
    let group = 0n
    for (const byte of bytes.subarray(at, at + 5)) group = (group << 8n) | BigInt(byte)
    for (let shift = 35n; shift >= 0n; shift -= 5n) text += letters[Number((group >> shift) & 31n)]
  }
  return text
}
