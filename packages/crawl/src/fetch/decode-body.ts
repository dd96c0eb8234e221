import {
  createBrotliDecompress,
  createGunzip,
  createInflate,
  createInflateRaw,
  createZstdDecompress,
} from 'node:zlib'
import { BodyError } from './body-error.ts'

export interface DecodeOptions {
  /** Bytes taken at most, of what came over the wire and again of what it unpacks to. */
  readonly maxBytes: number
}

/** What is sent as Accept-Encoding: every coding that `decodeBody` undoes. */
export const acceptEncoding: string = 'gzip, deflate, br, zstd'

/**
 * Undoes the Content-Encoding of a body, chunk by chunk. Memory stays within `maxBytes` and one chunk, however
 * much a small body unpacks to: unpacking stops at the limit.
 *
 * Cancellation: that of `body`; leaving the loop early ends `body` and frees the decoder.
 *
 * @param contentEncoding the header; several codings are undone in reverse order
 * @throws BodyError BODY_TOO_LARGE, CODING_UNKNOWN, or BODY_UNDECODABLE when the body is no such coding or cut short
 */
export async function* decodeBody(
  body: AsyncIterable<Uint8Array>,
  contentEncoding: string | undefined,
  options: DecodeOptions,
): AsyncGenerator<Uint8Array, void, undefined> {
  const { maxBytes } = options
  let decoded = limited(body, maxBytes)
  for (const coding of codingsOf(contentEncoding)) decoded = unpack(decoded, coding, maxBytes)
  yield* decoded
}

type Coding = 'gzip' | 'deflate' | 'br' | 'zstd'
type Decoder = ReturnType<typeof createGunzip> | ReturnType<typeof createBrotliDecompress>

/** More than one coding is legal and never seen; a chain of them is how a bomb gets its power. */
const maxCodings = 2

function codingsOf(header: string | undefined): Coding[] {
  const names = (header ?? '')
    .toLowerCase()
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '' && name !== 'identity')
  if (names.length > maxCodings) {
    throw new BodyError('CODING_UNKNOWN', `content coding ${names.join(', ')} is applied too often`)
  }
  return names.map(codingOf).toReversed()
}

function codingOf(name: string): Coding {
  switch (name) {
    case 'gzip':
    case 'x-gzip':
      return 'gzip'
    case 'deflate':
    case 'br':
    case 'zstd':
      return name
    default:
      throw new BodyError('CODING_UNKNOWN', `content coding ${JSON.stringify(name)} is not known`)
  }
}

async function* limited(
  body: AsyncIterable<Uint8Array>,
  maxBytes: number,
): AsyncGenerator<Uint8Array, void, undefined> {
  let total = 0
  for await (const chunk of body) {
    total += chunk.length
    if (total > maxBytes) throw tooLarge('body', maxBytes)
    yield chunk
  }
}

async function* unpack(
  body: AsyncIterable<Uint8Array>,
  coding: Coding,
  maxBytes: number,
): AsyncGenerator<Uint8Array, void, undefined> {
  let unpacking: Unpacking | undefined
  try {
    for await (const chunk of body) {
      if (chunk.length === 0) continue
      unpacking ??= startUnpacking(createDecoder(coding, chunk), coding, maxBytes)
      yield* await unpacking.push(chunk)
    }
    if (unpacking !== undefined) yield* await unpacking.finish()
  } finally {
    unpacking?.destroy()
  }
}

interface Unpacking {
  push(chunk: Uint8Array): Promise<Uint8Array[]>
  finish(): Promise<Uint8Array[]>
  destroy(): void
}

/** Drives a zlib stream by hand, so that the body is read in the caller's own context and nowhere else. */
function startUnpacking(decoder: Decoder, coding: Coding, maxBytes: number): Unpacking {
  let chunks: Uint8Array[] = []
  let total = 0
  let over = false
  let failure: Error | undefined
  let settle: (() => void) | undefined

  const fail = (error: Error): void => {
    failure ??= error
    settle?.()
  }
  decoder.on('error', (error) => {
    fail(new BodyError('BODY_UNDECODABLE', `${coding}: ${error.message}`, { cause: error }))
  })
  decoder.on('data', (chunk: Uint8Array) => {
    total += chunk.length
    if (total <= maxBytes) {
      chunks.push(chunk)
    } else {
      fail(tooLarge('unpacked body', maxBytes))
      decoder.destroy()
    }
  })
  decoder.on('end', () => {
    over = true
    settle?.()
  })

  const step = async (act: (done: () => void) => void): Promise<Uint8Array[]> => {
    if (failure === undefined) {
      const { promise, resolve } = Promise.withResolvers<void>()
      settle = resolve
      act(resolve)
      await promise
    }
    if (failure !== undefined) throw failure
    const taken = chunks
    chunks = []
    return taken
  }

  return {
    // Once the coded data is over, zlib neither takes more nor calls back.
    push: (chunk) => step((done) => (over ? done() : decoder.write(chunk, done))),
    finish: () => step((done) => (over ? done() : decoder.end())),
    destroy: () => decoder.destroy(),
  }
}

function createDecoder(coding: Coding, first: Uint8Array): Decoder {
  const options = { chunkSize: 64 * 1024 }
  switch (coding) {
    case 'gzip':
      return createGunzip(options)
    case 'br':
      return createBrotliDecompress(options)
    case 'zstd':
      return createZstdDecompress(options)
    case 'deflate': {
      // Some servers send raw deflate under this name. A zlib header gives itself away [RFC 1950 2.2].
      const [cmf = 0, flg = 0] = first
      const wrapped = (cmf & 0x0f) === 8 && (first.length < 2 || ((cmf << 8) | flg) % 31 === 0)
      return wrapped ? createInflate(options) : createInflateRaw(options)
    }
  }
}

function tooLarge(what: string, maxBytes: number): BodyError {
  return new BodyError('BODY_TOO_LARGE', `${what} is larger than ${maxBytes} bytes`)
}
