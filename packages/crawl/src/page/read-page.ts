import { charsetPrescan, detectCharset } from './charset.ts'
import { LinkExtractor, type ExtractOptions, type PageContent } from './link-extractor.ts'

export interface ReadPageOptions extends ExtractOptions {
  readonly contentType?: string | undefined
  /** Keep the text of the page as well, for a handler. */
  readonly keepText?: boolean
}

/** An HTML page that has been read. */
export interface ReadPage {
  readonly content: PageContent
  readonly charset: string
  readonly bytes: number
  /** Whether some bytes were no characters of the charset; they are read as U+FFFD. */
  readonly malformed: boolean
  readonly text: string | undefined
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
  const extractor = new LinkExtractor(url, options)
  let text = ''
  let bytes = 0
  let malformed = false
  let start: Uint8Array | undefined = new Uint8Array()
  let decoder: TextDecoder | undefined

  const take = (part: string): void => {
    malformed ||= part.includes('\uFFFD')
    if (keepText) text += part
    extractor.write(part)
  }
  const open = (first: Uint8Array): TextDecoder => {
    decoder = new TextDecoder(detectCharset(first, contentType).encoding)
    start = undefined
    take(decoder.decode(first, { stream: true }))
    return decoder
  }

  for await (const chunk of body) {
    bytes += chunk.length
    if (decoder !== undefined) {
      take(decoder.decode(chunk, { stream: true }))
      continue
    }
    // The charset is decided on the first bytes, however they are cut.
    start = start?.length === 0 ? chunk : Buffer.concat([start ?? chunk, chunk])
    if (start.length >= charsetPrescan) open(start)
  }
  decoder ??= open(start ?? new Uint8Array())
  take(decoder.decode())
  return {
    content: extractor.end(),
    charset: decoder.encoding,
    bytes,
    malformed,
    text: keepText ? text : undefined,
  }
}
