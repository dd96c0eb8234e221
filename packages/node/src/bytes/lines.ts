import { ByteReader } from './byte-reader.ts'
import { LineIterator } from './line-iterator.ts'
import { LineSplitter } from './line-splitter.ts'
import type { LineOptions } from './line-splitter.ts'

/**
 * The lines of a byte source, without their ends (`\n` or `\r\n`), decoded as UTF-8. The last line needs no newline.
 * Nothing is read before the loop starts, so it may start late.
 *
 * Cancellation: a `ByteReader` throws `Cancelled` and loses nothing; other sources must handle it themselves.
 *
 * @throws FrameError TOO_LONG for a line of more than `max` bytes
 * @example
 * for await (const line of lines(createReadStream('access.log'))) console.log(line)
 * @see node:readline
 */
export function lines(
  source: AsyncIterable<Uint8Array | string>,
  options: LineOptions = {},
): AsyncIterableIterator<string> {
  if (source instanceof ByteReader) return source.lines(options)
  let iterator: AsyncIterator<Uint8Array | string> | undefined
  return new LineIterator(new LineSplitter('lines', options), {
    async read() {
      iterator ??= source[Symbol.asyncIterator]()
      const { done, value } = await iterator.next()
      if (done !== true) return asBuffer(value)
      iterator = undefined // it needs no `return`
      return undefined
    },
    leave: () => iterator?.return?.(),
  })
}

function asBuffer(chunk: Uint8Array | string): Buffer {
  if (typeof chunk === 'string') return Buffer.from(chunk)
  return Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)
}
