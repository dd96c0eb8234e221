import {
  constants,
  createBrotliDecompress,
  createInflate,
  createInflateRaw,
  createZstdDecompress,
} from 'node:zlib'
import type { Transform } from 'node:stream'

export type Coding = 'gzip' | 'deflate' | 'br' | 'zstd'

/** What is sent as Accept-Encoding: every coding that can be undone. */
export const acceptEncoding = 'gzip, deflate, br, zstd'

/** More than one coding is legal and never seen; a chain of them is how a bomb gets its power. */
const MOST = 2

/** What is to be undone, in that order; or why nothing is. */
export interface Codings {
  readonly codings: readonly Coding[]
  readonly unknown?: string
  /** What is not even tried. */
  readonly refused?: string
}

/**
 * Reads a Content-Encoding; names that are none are left out. As browsers do it takes bytes as they are when it does not know
 * what to do with them [Fetch 2.2.4]: applications put their charsets there.
 */
export function codingsOf(header: string | undefined): Codings {
  if (header === undefined) return { codings: [] }
  const names = header
    .toLowerCase()
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '' && name !== 'identity')
  if (names.length > MOST) {
    return { codings: [], refused: `content coding ${header} is applied too often` }
  }
  const codings: Coding[] = []
  for (const name of names.toReversed()) {
    const coding = name === 'x-gzip' ? 'gzip' : name
    if (!isCoding(coding)) {
      return { codings: [], unknown: `content coding ${JSON.stringify(name)} is not known` }
    }
    codings.push(coding)
  }
  return { codings }
}

function isCoding(name: string): name is Coding {
  return name === 'gzip' || name === 'deflate' || name === 'br' || name === 'zstd'
}

/** A decoder for a body that begins with `first`, which is not empty. */
export function createDecoder(coding: Exclude<Coding, 'gzip'>, first: Uint8Array): Transform {
  const options = { chunkSize: 64 * 1024 }
  switch (coding) {
    case 'br':
      return createBrotliDecompress(options)
    case 'zstd':
      return createZstdDecompress({ ...options, params: zstdLimits })
    case 'deflate':
      return hasZlibHeader(first) ? createInflate(options) : createInflateRaw(options)
  }
}

/** What a decoder has to remember, in bytes as a power of two: of a body from the web it is 8 MiB [RFC 9659]. */
const zstdLimits = { [constants.ZSTD_d_windowLogMax]: 23 }

/** Some servers send raw deflate under the name. A zlib header gives itself away [RFC 1950 2.2]. */
function hasZlibHeader([cmf = 0, flg]: Uint8Array): boolean {
  return (cmf & 0x0f) === 8 && (flg === undefined || ((cmf << 8) | flg) % 31 === 0)
}
