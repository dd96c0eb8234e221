import { createHash } from 'node:crypto'
import { detectCharset } from './charset.ts'
import { LinkExtractor, type ExtractOptions, type PageContent } from './link-extractor.ts'

export interface ReadPageOptions extends ExtractOptions {
  readonly contentType?: string | undefined
  /** Keep the text of the page as well, for a handler. */
  readonly keepText?: boolean
  /** Make a hash of the body. */
  readonly hash?: boolean
}

/** An HTML page that has been read. */
export interface ReadPage {
  readonly content: PageContent
  readonly charset: string
  readonly bytes: number
  /** Whether some bytes were no characters of the charset; they are read as U+FFFD. */
  readonly malformed: boolean
  readonly text: string | undefined
  /** The body itself, where the text is kept. */
  readonly body: Uint8Array | undefined
  readonly hash: string | undefined
}

/**
 * Reads an HTML page from its body, chunk by chunk: finds its charset, decodes it and extracts its links. Memory is that of its links, and of its text when that is kept.
 *
 * Cancellation: that of `body`.
 *
 * @param url of the page, normalised: what its links are relative to
 */
export async function readPage(
  url: string,
  body: AsyncIterable<Uint8Array>,
  options: ReadPageOptions = {},
): Promise<ReadPage> {
  const { contentType, keepText = false } = options
  const hash = options.hash === true ? createHash('sha256') : undefined
  const extractor = new LinkExtractor(url, options)
  let text = ''
  let bytes = 0
  let malformed = false
  let decoder: TextDecoder | undefined
  let start: Uint8Array[] = []

  const take = (given: string): void => {
    malformed ||= given.includes('\uFFFD')
    // Zeros are nowhere what they look like [HTML 13.2.5].
    const part = given.includes('\0') ? given.replaceAll('\0', '\uFFFD') : given
    if (keepText) text += part
    extractor.write(part)
  }

  const kept: Uint8Array[] = []
  for await (const chunk of body) {
    bytes += chunk.length
    if (keepText) kept.push(chunk)
    hash?.update(chunk)
    if (decoder !== undefined) {
      take(decoder.decode(chunk, { stream: true }))
      continue
    }
    start.push(chunk)
    if (bytes < smallPage) continue
    const first = whole(start)
    decoder = new TextDecoder(detectCharset(first, contentType).encoding)
    take(decoder.decode(first, { stream: true }))
    start = []
  }
  if (decoder === undefined) {
    // The usual case: all of it at once, which is several times faster than a stream of it.
    const page = whole(start)
    decoder = decoderFor(detectCharset(page, contentType).encoding)
    take(decoder.decode(page))
  } else {
    take(decoder.decode())
  }
  extractor.encoding = decoder.encoding
  return {
    content: extractor.end(),
    charset: decoder.encoding,
    bytes,
    malformed,
    text: keepText ? text : undefined,
    body: keepText ? whole(kept) : undefined,
    hash: hash?.digest('base64url'),
  }
}

/** Bytes up to which a page is decoded in one piece; many times what the charset is looked for in. */
const smallPage = 64 * 1024

function whole(chunks: readonly Uint8Array[]): Uint8Array {
  const [only] = chunks
  return chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks)
}

const decoders = new Map<string, TextDecoder>()

/** A decoder for whole pages; there are as many as encodings. */
function decoderFor(encoding: string): TextDecoder {
  let decoder = decoders.get(encoding)
  if (decoder === undefined) decoders.set(encoding, (decoder = new TextDecoder(encoding)))
  return decoder
}
