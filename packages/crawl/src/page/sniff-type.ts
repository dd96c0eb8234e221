/** Bytes that are looked at, at most. */
const most = 1445

/** A body of which the start is known. */
export interface SniffedBody {
  /** What it looks like: `text/html`, `text/plain` or `application/octet-stream`. */
  readonly type: string
  /** All of it, the start included. */
  readonly body: AsyncIterable<Uint8Array>
}

/**
 * Looks at the start of a body whose type nobody says, as browsers do [https://mimesniff.spec.whatwg.org/#identifying-a-resource-with-an-unknown-mime-type].
 * One that is empty is a page.
 *
 * Cancellation: that of `body`.
 *
 * @param noSniff whether the server forbids it: then it is no page
 */
export async function sniffBody(
  body: AsyncIterable<Uint8Array>,
  noSniff: boolean,
): Promise<SniffedBody> {
  const iterator = body[Symbol.asyncIterator]()
  const chunks: Uint8Array[] = []
  for (let size = 0; size < most;) {
    const next = await iterator.next()
    if (next.done === true) break
    chunks.push(next.value)
    size += next.value.length
  }
  const start = Buffer.concat(chunks).subarray(0, most)
  return { type: typeOf(start, noSniff), body: continued(chunks, iterator) }
}

function typeOf(start: Buffer, noSniff: boolean): string {
  const text = start.toString('latin1')
  const isPage = text === '' || beginsLikeHtml.test(text)
  if (isPage && !noSniff) return 'text/html'
  return start.some(isBinary) ? 'application/octet-stream' : 'text/plain'
}

/** White space, then a tag that begins pages, and what ends its name; a byte order mark may stand before. */
const beginsLikeHtml =
  /^(\xef\xbb\xbf)?[\t\n\f\r ]*<(!--|(!doctype html|html|head|script|iframe|h1|div|font|table|a|style|title|b|body|br|p)[ >])/i

/** Bytes that are in no text [mimesniff 3, binary data byte]. */
function isBinary(byte: number): boolean {
  return byte < 0x20 && !(byte === 9 || byte === 10 || byte === 12 || byte === 13 || byte === 27)
}

async function* continued(
  chunks: readonly Uint8Array[],
  iterator: AsyncIterator<Uint8Array>,
): AsyncGenerator<Uint8Array, void> {
  try {
    yield* chunks
    for (let next = await iterator.next(); next.done !== true; next = await iterator.next()) {
      yield next.value
    }
  } finally {
    await iterator.return?.()
  }
}
