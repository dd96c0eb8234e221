import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http2'
import type { HeaderRecord } from '../exchange/outgoing.ts'

/** Headers that are about a connection of HTTP/1.1, which HTTP/2 forbids [RFC 9113 8.2.2]. */
const ofConnections: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'upgrade',
  'http2-settings',
  'te',
])

/** What goes out with such headers, but for the pseudo-headers. */
export function fieldsOf(headers: HeaderRecord): Record<string, string | string[]> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !ofConnections.has(name)))
}

export interface RequestLine {
  readonly method: string
  readonly url: URL
  readonly path: string
}

/** A request as HTTP/2 has it: its first line is headers, and `host` is one of them [RFC 9113 8.3.1]. */
export function requestHeaders(
  { method, url, path }: RequestLine,
  headers: HeaderRecord,
): OutgoingHttpHeaders {
  const { host, ...fields } = fieldsOf(headers)
  return {
    ':method': method,
    ':scheme': url.protocol.slice(0, -1),
    ':authority': [host ?? url.host].flat()[0],
    ':path': path,
    ...fields,
  }
}

/**
 * The headers of an answer from names and values in turn: several of one name as a list, as undici has them. Node itself would
 * keep one of several types or locations.
 */
export function answerHeaders(raw: readonly string[]): IncomingHttpHeaders {
  const headers: Record<string, string | string[]> = {}
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const [name = '', value = ''] = [raw[i], raw[i + 1]]
    if (name.startsWith(':')) continue
    const before = headers[name]
    if (before === undefined) headers[name] = value
    else headers[name] = [before, value].flat()
  }
  return headers
}

/** Bytes that they have, as HTTP/1.1 has them. */
export function sizeOf(raw: readonly string[]): number {
  return raw.reduce((sum, text) => sum + text.length + 2, 0)
}
