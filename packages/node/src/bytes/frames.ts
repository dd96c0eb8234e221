import { Readable } from 'node:stream'
import { refuse, requireLimit } from 'corral/lowlevel'
import { ByteReader } from './byte-reader.ts'
import { FrameError } from './frame-error.ts'

export interface FrameOptions {
  /** How many bytes the length prefix of each frame has, in network byte order. */
  readonly lengthBytes?: 1 | 2 | 4
  /** The longest frame in bytes, 1 MiB by default; a longer one is an error, and nothing is allocated for it. */
  readonly max?: number
}

/**
 * The length-prefixed frames of a byte source (4 bytes, network byte order, unless `lengthBytes` says otherwise). A
 * frame may be empty.
 *
 * Cancellation: a `ByteReader` throws `Cancelled`; other sources must handle it themselves.
 *
 * @throws FrameError TOO_LONG for more than `max` bytes, TRUNCATED when the source ends in a frame
 * @example
 * for await (const frame of frames(child.stdout, { lengthBytes: 2 })) console.log(frame.length)
 */
export function frames(
  source: AsyncIterable<Uint8Array | string>,
  { lengthBytes = 4, max = 1024 * 1024 }: FrameOptions = {},
): AsyncIterableIterator<Buffer> {
  if (lengthBytes !== 1 && lengthBytes !== 2 && lengthBytes !== 4) {
    refuse('frames: lengthBytes', '1, 2 or 4', lengthBytes)
  }
  requireLimit('frames: max', max)
  return cut(source, lengthBytes, max)
}

async function* cut(
  source: AsyncIterable<Uint8Array | string>,
  lengthBytes: number,
  max: number,
): AsyncGenerator<Buffer, void, void> {
  const own =
    source instanceof ByteReader ? undefined : Readable.from(source, { objectMode: false })
  const reader = own === undefined ? (source as ByteReader) : new ByteReader(own)
  try {
    while (!(await reader.isAtEnd())) {
      const length = (await reader.readExactly(lengthBytes)).readUIntBE(0, lengthBytes)
      if (length > max) {
        throw new FrameError(
          'TOO_LONG',
          `frames: a frame says it has ${length} bytes, and max is ${max}; give a larger max if that can be`,
        )
      }
      yield length === 0 ? Buffer.alloc(0) : await reader.readExactly(length)
    }
  } finally {
    own?.destroy()
  }
}
