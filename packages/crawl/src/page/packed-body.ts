import { promisify } from 'node:util'
import { zstdCompress, zstdDecompressSync } from 'node:zlib'
import { cancellable } from 'corral'

const compress = promisify(zstdCompress)

/**
 * Packs a body as stores keep it: with zstd, off this thread.
 *
 * Cancellation: at once; what was begun ends by itself, and is dropped.
 */
export async function packBody(body: Uint8Array): Promise<Uint8Array> {
  return await cancellable(compress(body))
}

/** What was packed: some milliseconds for the largest that a crawl reads. */
export function unpackBody(packed: Uint8Array): Uint8Array {
  return zstdDecompressSync(packed)
}
