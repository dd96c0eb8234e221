import { detectCharset } from './charset.ts'

/** A body that is no HTML. */
export interface ReadBody {
  readonly bytes: Uint8Array
  readonly text: string
}

/**
 * Reads the whole body of something that is no HTML, for a handler.
 *
 * Cancellation: that of `body`.
 */
export async function readBody(
  body: AsyncIterable<Uint8Array>,
  contentType: string | undefined,
): Promise<ReadBody> {
  const chunks: Uint8Array[] = []
  for await (const chunk of body) chunks.push(chunk)
  const bytes = Buffer.concat(chunks)
  return {
    bytes,
    get text() {
      return new TextDecoder(charsetOf(bytes, contentType)).decode(bytes)
    },
  }
}

/** What does not say it is UTF-8 [RFC 8259 8.1]; a byte order mark and an XML declaration say so. */
function charsetOf(bytes: Uint8Array, contentType = ''): string {
  const says = /charset=/i.test(contentType) || /^\s*<\?xml[^>]*encoding=/i.test(startOf(bytes))
  return says ? detectCharset(bytes, contentType).encoding : 'utf-8'
}

function startOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, 200)).toString('latin1')
}

/** Whether a type is among some, such as `application/json`, `text/*` or `application/*+xml`. */
export function isAmong(contentType: string | undefined, types: readonly string[]): boolean {
  const [type = ''] = (contentType ?? '').split(';', 1)
  const name = type.trim().toLowerCase()
  return types.some((each) => patternOf(each).test(name))
}

const patterns = new Map<string, RegExp>()

function patternOf(type: string): RegExp {
  let pattern = patterns.get(type)
  if (pattern === undefined) {
    const parts = type
      .toLowerCase()
      .split('*')
      .map((part) => RegExp.escape(part))
    patterns.set(type, (pattern = new RegExp(`^${parts.join('.*')}$`)))
  }
  return pattern
}
