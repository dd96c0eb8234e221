import { createGunzip } from 'node:zlib'

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
 * @throws UnpackedTooLarge, or what zlib throws
 */
export async function* gunzipped(
  body: AsyncIterable<Uint8Array>,
  maxBytes: number,
): AsyncGenerator<Uint8Array, void, undefined> {
  let unpacker: Unpacker | undefined
  let first = true
  try {
    for await (const chunk of body) {
      if (chunk.length === 0) continue
      if (first && chunk[0] === 0x1f && (chunk.length === 1 || chunk[1] === 0x8b)) {
        unpacker = new Unpacker(maxBytes)
      }
      first = false
      if (unpacker === undefined) yield chunk
      else yield* await unpacker.write(chunk)
    }
    if (unpacker !== undefined) yield* await unpacker.end()
  } finally {
    unpacker?.close()
  }
}

/** A gunzip that says for each piece what it unpacks to. */
class Unpacker {
  readonly #gunzip = createGunzip()
  readonly #maxBytes: number
  #parts: Uint8Array[] = []
  #bytes = 0
  #failure: Error | undefined
  #settle: (() => void) | undefined

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
    this.#gunzip.on('data', (part: Uint8Array) => {
      this.#parts.push(part)
      this.#bytes += part.length
      if (this.#bytes <= this.#maxBytes) return
      this.#gunzip.destroy(new UnpackedTooLarge(`it unpacks to more than ${this.#maxBytes} bytes`))
    })
    this.#gunzip.on('error', (error) => {
      this.#failure ??= error
      this.#settle?.()
    })
  }

  write(chunk: Uint8Array): Promise<Uint8Array[]> {
    return this.#step((done) => this.#gunzip.write(chunk, done))
  }

  end(): Promise<Uint8Array[]> {
    return this.#step((done) => this.#gunzip.on('end', done).end())
  }

  close(): void {
    this.#gunzip.destroy()
  }

  async #step(act: (done: () => void) => void): Promise<Uint8Array[]> {
    if (this.#failure === undefined) {
      await new Promise<void>((resolve) => {
        this.#settle = resolve
        act(resolve)
      })
    }
    if (this.#failure !== undefined) throw this.#failure
    const parts = this.#parts
    this.#parts = []
    return parts
  }
}
