import type { ByteSource } from '../exchange/byte-source.ts'

/** A source that is closed, and fails, when it gives more than `maxBytes`. */
export class CappedSource implements ByteSource {
  readonly #source: ByteSource
  readonly #maxBytes: number
  readonly #tooLarge: () => Error
  #total = 0

  constructor(source: ByteSource, maxBytes: number, tooLarge: () => Error) {
    this.#source = source
    this.#maxBytes = maxBytes
    this.#tooLarge = tooLarge
  }

  async read(): Promise<Uint8Array | undefined> {
    const chunk = await this.#source.read()
    this.#total += chunk?.length ?? 0
    if (this.#total <= this.#maxBytes) return chunk
    await this.#source.close()
    throw this.#tooLarge()
  }

  get over(): boolean {
    return this.#source.over
  }

  close(): Promise<void> {
    return this.#source.close()
  }
}
