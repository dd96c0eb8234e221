import type { IncomingHttpHeaders } from 'node:http'
import type { Leniency } from '../leniency.ts'
import { ResponseSyntaxError } from './response-syntax-error.ts'

export interface LenientHead {
  readonly status: number
  readonly statusText: string
  readonly headers: IncomingHttpHeaders
  /** How the body ends. */
  readonly framing: 'chunked' | 'until-close' | number
}

/**
 * Reads the head of a response as browsers do.
 *
 * @param text without the empty line that ends it; a byte is a letter
 * @param tolerate told what is not as it should be; throws when that is not put up with
 * @throws ResponseSyntaxError for what is no response at all
 */
export function parseHead(text: string, tolerate: (what: Leniency) => void): LenientHead {
  const [first = '', ...lines] = text.split('\n').map((line) => line.replace(/\r+$/, ''))
  const [, digits, reason = ''] =
    /^HTTP\/\d+(?:\.\d+)?[ \t]+(\d{3})(?:[ \t]+(.*))?$/i.exec(first) ?? []
  if (digits === undefined) throw new ResponseSyntaxError('no status line')
  // No browser reads on.
  if (text.includes('\0')) throw new ResponseSyntaxError('a zero byte in the head')
  const headers: Record<string, string | string[]> = Object.create(null)
  for (const [name, value] of fieldsOf(lines, tolerate)) add(headers, name, value)
  return {
    status: Number(digits),
    statusText: printable(reason),
    headers,
    framing: framingOf(headers, tolerate),
  }
}

function* fieldsOf(
  lines: readonly string[],
  tolerate: (what: Leniency) => void,
): Generator<[name: string, value: string]> {
  const unfolded: string[] = []
  for (const line of lines) {
    if (!/^[ \t]/.test(line)) {
      unfolded.push(line)
      continue
    }
    tolerate('folded-headers')
    const before = unfolded.pop()
    if (before !== undefined) unfolded.push(`${before} ${line.trim()}`)
  }
  for (const line of unfolded) {
    const [, name = '', blanks, rest = ''] = /^([^:]*?)([ \t]*):(.*)$/s.exec(line) ?? []
    const value = printable(rest)
    const isToken = /^[!#$%&'*+.^_`|~0-9a-z-]+$/i.test(name)
    if (!isToken || blanks !== '' || value !== rest.trim()) tolerate('odd-headers')
    if (isToken) yield [name.toLowerCase(), value]
  }
}

function framingOf(
  headers: Record<string, string | string[]>,
  tolerate: (what: Leniency) => void,
): LenientHead['framing'] {
  const coding = [headers['transfer-encoding'] ?? []].flat().join(',').toLowerCase()
  const codings = coding.split(',').map((each) => each.trim())
  const lengths = [headers['content-length'] ?? []].flat().flatMap((each) => each.split(','))
  if (codings.at(-1) === 'chunked') {
    if (lengths.length > 0) tolerate('identity')
    return 'chunked'
  }
  if (coding !== '') tolerate('identity')
  const [length, ...others] = new Set(lengths.map((each) => each.trim()))
  if (length === undefined) return 'until-close'
  if (others.length > 0) throw new ResponseSyntaxError('several values of Content-Length')
  if (lengths.length > 1) tolerate('equal-lengths')
  headers['content-length'] = length
  if (/^\d+$/.test(length)) return Number(length)
  tolerate('odd-headers')
  return 'until-close'
}

function add(headers: Record<string, string | string[]>, name: string, value: string): void {
  const before = headers[name]
  headers[name] = before === undefined ? value : [...[before].flat(), value]
}

/** Without the bytes that nothing should be told. */
function printable(text: string): string {
  return text.replace(/[^\P{Cc}\t\x80-\x9f]/gu, ' ').trim()
}
