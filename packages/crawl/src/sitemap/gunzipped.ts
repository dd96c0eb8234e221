import { decodeBody } from '@corral/http'

/** What is unpacked would be too much. */
export class UnpackedTooLarge extends Error {
  readonly code = 'TOO_LARGE'

  static {
    this.prototype.name = 'UnpackedTooLarge'
  }
}

/**
 * Unpacks a gzip file piece by piece, if it is one: what does not begin like gzip is given as it comes.
 *
 * Cancellation: that of `body`.
 *
 * @param maxBytes of what is unpacked
 * @param onOddity told what is odd about a file that can be unpacked all the same
 * @throws UnpackedTooLarge, HttpError UNDECODABLE, or what `body` throws
 */
export async function* gunzipped(
  body: AsyncIterable<Uint8Array>,
  maxBytes: number,
  onOddity?: (what: string) => void,
): AsyncGenerator<Uint8Array, void, undefined> {
  const iterator = body[Symbol.asyncIterator]()
  const start = await firstOf(iterator)
  const whole = resumed(start, iterator)
  if (start?.[0] !== 0x1f || start[1] !== 0x8b) {
    yield* whole
    return
  }
  let bytes = 0
  const options = { tolerateCut: true, ...(onOddity === undefined ? {} : { onOddity }) }
  for await (const chunk of decodeBody(whole, 'gzip', options)) {
    bytes += chunk.length
    if (bytes > maxBytes) {
      throw new UnpackedTooLarge(`it unpacks to more than ${maxBytes} bytes`)
    }
    yield chunk
  }
}

/** The first bytes, two at least if there are. */
async function firstOf(iterator: AsyncIterator<Uint8Array>): Promise<Uint8Array | undefined> {
  let start: Uint8Array | undefined
  while (start === undefined || start.length < 2) {
    const { done, value } = await iterator.next()
    if (done === true) return start
    start = start === undefined ? value : Buffer.concat([start, value])
  }
  return start
}

/** What was taken, and then the rest. */
async function* resumed(
  start: Uint8Array | undefined,
  iterator: AsyncIterator<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  let over = false
  try {
    if (start !== undefined && start.length > 0) yield start
    for (;;) {
      const { done, value } = await iterator.next()
      over = done === true
      if (done === true) return
      yield value
    }
  } catch (error) {
    over = true
    throw error
  } finally {
    if (!over) await iterator.return?.()
  }
}
