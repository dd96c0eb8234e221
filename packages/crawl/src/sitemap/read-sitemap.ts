import { detectCharset } from '../page/charset.ts'
import { gunzipped } from './gunzipped.ts'
import { SitemapParser, type SitemapItem } from './sitemap-parser.ts'

/** What the protocol allows in one file. */
export const sitemapLimits: { readonly items: number; readonly bytes: number } = {
  items: 50_000,
  bytes: 50 * 1024 * 1024,
}

export interface Sitemap {
  readonly items: readonly SitemapItem[]
  /** Of its text, unpacked. */
  readonly bytes: number
  readonly charset: string
  /** Items left out because there were too many. */
  readonly dropped: number
  /** What is odd about its file. */
  readonly oddity: string | undefined
}

/**
 * Reads a sitemap from a body as it comes: XML or text, packed as a file or not. Memory is that of its items, 50 000 at
 * most.
 *
 * Cancellation: that of `body`.
 *
 * @throws UnpackedTooLarge, or what the body or zlib throws
 */
export async function readSitemap(
  body: AsyncIterable<Uint8Array>,
  contentType: string | undefined,
): Promise<Sitemap> {
  const items: SitemapItem[] = []
  let dropped = 0
  const parser = new SitemapParser((item) => {
    if (items.length < sitemapLimits.items) items.push(item)
    else dropped++
  })
  let oddity: string | undefined
  let bytes = 0
  let decoder: TextDecoder | undefined
  for await (const chunk of gunzipped(body, sitemapLimits.bytes, (what) => (oddity ??= what))) {
    bytes += chunk.length
    decoder ??= decoderFor(chunk, contentType)
    parser.write(decoder.decode(chunk, { stream: true }))
  }
  if (decoder !== undefined) parser.write(decoder.decode())
  parser.end()
  return { items, bytes, charset: decoder?.encoding ?? 'utf-8', dropped, oddity }
}

/** As for a page, but what says nothing is UTF-8. */
function decoderFor(start: Uint8Array, contentType: string | undefined): TextDecoder {
  const { encoding, source } = detectCharset(start, contentType)
  return new TextDecoder(source === 'fallback' ? 'utf-8' : encoding)
}
