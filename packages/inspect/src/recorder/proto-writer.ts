const encoder = new TextEncoder()

/**
 * Writes the wire format of protocol buffers: fields with a number each, as varints or as bytes with a length. What the
 * fields mean is said by whoever writes them.
 *
 * @see https://protobuf.dev/programming-guides/encoding/
 */
export class ProtoWriter {
  #bytes: Uint8Array
  #length = 0

  constructor(size: number = 1024) {
    this.#bytes = new Uint8Array(size)
  }

  get length(): number {
    return this.#length
  }

  /** What was written so far, without a copy. */
  get bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#length)
  }

  reset(): this {
    this.#length = 0
    return this
  }

  /** @param value a whole number, from 0 to 2^53 - 1 */
  varint(field: number, value: number): this {
    this.#reserve(20)
    this.#varint(field * 8)
    this.#varint(value)
    return this
  }

  string(field: number, text: string): this {
    this.#reserve(20 + 3 * text.length)
    this.#varint(field * 8 + 2)
    // The length comes first, so the text is written where it belongs once its length is known.
    const at = this.#length + varintLength(3 * text.length)
    const { written } = encoder.encodeInto(text, this.#bytes.subarray(at))
    this.#varint(written)
    if (this.#length < at) this.#bytes.copyWithin(this.#length, at, at + written)
    this.#length += written
    return this
  }

  message(field: number, inner: ProtoWriter): this {
    this.#reserve(20 + inner.length)
    this.#varint(field * 8 + 2)
    this.#varint(inner.length)
    this.#bytes.set(inner.bytes, this.#length)
    this.#length += inner.length
    return this
  }

  #varint(value: number): void {
    let rest = value
    while (rest > 127) {
      this.#bytes[this.#length++] = (rest % 128) + 128
      rest = Math.floor(rest / 128)
    }
    this.#bytes[this.#length++] = rest
  }

  #reserve(more: number): void {
    if (this.#length + more <= this.#bytes.length) return
    const larger = new Uint8Array(Math.max(this.#bytes.length * 2, this.#length + more))
    larger.set(this.bytes)
    this.#bytes = larger
  }
}

function varintLength(value: number): number {
  return value < 2 ** 7 ? 1 : value < 2 ** 14 ? 2 : value < 2 ** 21 ? 3 : value < 2 ** 28 ? 4 : 5
}
