/** An encoding that `TextDecoder` knows, and what said so. */
export interface Charset {
  readonly encoding: string
  readonly source: 'bom' | 'header' | 'meta' | 'fallback'
}

/** How much of a page is searched for a declaration, in bytes. */
const prescan = 1024

/**
 * Finds the encoding of an HTML page as browsers do: byte order mark, Content-Type, the declaration in the first
 * 1024 bytes, and windows-1252 when nothing says anything. A label nobody knows is no declaration.
 *
 * @param start the first bytes of the body, at least 1024 of them unless it is shorter
 * @param contentType the header
 * @see https://html.spec.whatwg.org/multipage/parsing.html#prescan-a-byte-stream-to-determine-its-encoding
 */
export function detectCharset(start: Uint8Array, contentType: string | undefined): Charset {
  const marked = byMark(start)
  if (marked !== undefined) return { encoding: marked, source: 'bom' }
  const named = encodingOf(/;\s*charset\s*=\s*("[^"]*"|[^\s;]*)/i.exec(contentType ?? '')?.[1])
  if (named !== undefined) return { encoding: named, source: 'header' }
  const declared = declaredIn(start)
  if (declared !== undefined) return { encoding: declared, source: 'meta' }
  return { encoding: 'windows-1252', source: 'fallback' }
}

function byMark(start: Uint8Array): string | undefined {
  const a = start[0]
  const b = start[1]
  const c = start[2]
  if (a === 0xef && b === 0xbb && c === 0xbf) return 'utf-8'
  if (a === 0xfe && b === 0xff) return 'utf-16be'
  if (a === 0xff && b === 0xfe) return 'utf-16le'
  return undefined
}

function encodingOf(label: string | undefined): string | undefined {
  const name = label?.replace(/^["']|["']$/g, '').trim() ?? ''
  if (name === '') return undefined
  const known = encodings.get(name)
  if (known !== undefined) return known
  try {
    const { encoding } = new TextDecoder(name)
    // Labels in odd case are many.
    if (encodings.size < 300) encodings.set(name, encoding)
    return encoding
  } catch {
    return undefined
  }
}

/** Encodings by label: asking for one costs a decoder. */
const encodings = new Map<string, string>()

/** How nearly all pages say it. */
const usual = /<meta charset=(["']?)([\w-]+)\1 *\/?>/iy

function declaredIn(start: Uint8Array): string | undefined {
  const { buffer, byteOffset, length } = start
  const text = Buffer.from(buffer, byteOffset, Math.min(length, prescan)).toString('latin1')
  // An XML declaration counts as well; comments hide what is in them.
  const first = text.search(/<meta|<\?xml|<!--/i)
  if (first === -1) return undefined
  usual.lastIndex = first
  const found = encodingOf(usual.exec(text)?.[2])
  return found === undefined ? searched(text) : corrected(found)
}

function searched(text: string): string | undefined {
  // A comment that does not end hides the rest.
  const visible = text.replace(/<!--(?!-?>)[^]*?(-->|$)/g, '')
  const xml = /^<\?xml[^>]*?\sencoding\s*=\s*["']([^"']*)["']/.exec(visible)?.[1]
  for (const [, attributes = ''] of visible.matchAll(
    /<meta[\s/]((?:"[^"]*"|'[^']*'|[^>"'])*)>/gi,
  )) {
    const found = encodingOf(labelIn(attributesOf(attributes)))
    if (found !== undefined) return corrected(found)
  }
  const found = encodingOf(xml)
  return found === undefined ? undefined : corrected(found)
}

function attributesOf(text: string): Map<string, string> {
  const found = new Map<string, string>()
  const pattern = /([^\s=/"'>]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+)))?/g
  for (const [, name = '', double, single, bare] of text.matchAll(pattern)) {
    const key = name.toLowerCase()
    if (!found.has(key)) found.set(key, double ?? single ?? bare ?? '')
  }
  return found
}

function labelIn(attributes: Map<string, string>): string | undefined {
  const charset = attributes.get('charset')
  if (charset !== undefined) return charset
  if (attributes.get('http-equiv')?.toLowerCase() !== 'content-type') return undefined
  return /charset\s*=\s*("[^"]*"|'[^']*'|[^\s;]*)/i.exec(attributes.get('content') ?? '')?.[1]
}

/** A page whose declaration could be read as ASCII is not in UTF-16, whatever it says. */
function corrected(encoding: string): string {
  if (encoding.startsWith('utf-16')) return 'utf-8'
  return encoding === 'x-user-defined' ? 'windows-1252' : encoding
}
