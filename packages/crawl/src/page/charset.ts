import { isAscii, isUtf8 } from 'node:buffer'

/** An encoding that `TextDecoder` knows, and what said so. */
export interface Charset {
  readonly encoding: string
  readonly source: 'bom' | 'header' | 'meta' | 'fallback'
}

/** How much of a page is searched for a declaration in any case, in bytes, and how much as long as it is its head. */
const prescan = 1024
const longest = 64 * 1024

/**
 * Finds the encoding of an HTML page as browsers do: byte order mark, Content-Type, the declaration in its head or its first
 * 1024 bytes. A label nobody knows is no declaration. When nothing says anything it is UTF-8 if it can be, for that is no
 * accident, and windows-1252 if not.
 *
 * @param start the first bytes of the body, 64 KiB of them unless it is shorter
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
  return { encoding: isUtf8Text(start) ? 'utf-8' : 'windows-1252', source: 'fallback' }
}

/** Whether it has letters beyond ASCII, and all of them are UTF-8; the last one may be cut off. */
function isUtf8Text(start: Uint8Array): boolean {
  if (isAscii(start)) return false
  const cut = start.subarray(-3).findLastIndex((byte) => byte >= 0xc0)
  const end = cut === -1 ? 0 : Math.min(3, start.length) - cut
  const whole = start.subarray(0, start.length - end)
  return isUtf8(start) || (!isAscii(whole) && isUtf8(whole))
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
  const text = headOf(Buffer.from(buffer, byteOffset, Math.min(length, longest)).toString('latin1'))
  // An XML declaration counts as well; comments hide what is in them.
  const first = text.search(/<meta|<\?xml|<!--/i)
  if (first === -1) return undefined
  usual.lastIndex = first
  const found = encodingOf(usual.exec(text)?.[2])
  return found === undefined ? searched(text) : corrected(found)
}

/** As far as a declaration counts: beyond the first bytes no further than the head, and not in what is no markup there. */
function headOf(text: string): string {
  if (text.length <= prescan) return text
  const body = text.search(
    /<\/head[\s>]|<(body|frameset|div|p|a|table|h[1-6]|ul|main|header)[\s>]/i,
  )
  const head = text.slice(0, Math.max(prescan, body === -1 ? text.length : body))
  const rest = head.slice(prescan)
  if (!/<meta/i.test(rest)) return head.slice(0, prescan)
  return head.replace(/<(script|style|title|noscript|template)[\s>][^]*?(<\/\1|$)/gi, ' ')
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
