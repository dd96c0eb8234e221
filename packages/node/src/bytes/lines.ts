import { ByteReader } from './byte-reader.ts'
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
  return split(source, new LineSplitter('lines', options))
}

async function* split(
  source: AsyncIterable<Uint8Array | string>,
  splitter: LineSplitter,
): AsyncGenerator<string, void, void> {
  for await (const chunk of source) {
    for (const line of splitter.push(asBuffer(chunk))) yield line // yield* would wait twice for each
  }
  const last = splitter.end()
  if (last !== undefined) yield last
}

function asBuffer(chunk: Uint8Array | string): Buffer {
  if (typeof chunk === 'string') return Buffer.from(chunk)
  return Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)
}
