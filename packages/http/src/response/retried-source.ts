import type { ByteSource } from '../exchange/byte-source.ts'

/** A source whose exchange may be replaced by another one before it has given anything. */
export class RetriedSource implements ByteSource {
  readonly read: ByteSource['read']
  readonly #current: () => ByteSource

  constructor(read: ByteSource['read'], current: () => ByteSource) {
    this.read = read
    this.#current = current
  }

  get over(): boolean {
    return this.#current().over
  }

  close(): Promise<void> {
    return this.#current().close()
  }
}
