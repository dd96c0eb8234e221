import { crc32, createInflateRaw } from 'node:zlib'
import type { ByteSource } from '../exchange/byte-source.ts'
import { behind, cutOff, decodingError } from './decoded-source.ts'
import type { DecodedSourceOptions } from './decoded-source.ts'
import { Unpacker } from './unpacker.ts'
import type { Unpacked } from './unpacker.ts'

/**
 * Undoes gzip [RFC 1952]: one member after the other. Its frame is read here and only what is deflated is left to zlib, whose
 * own gunzip drops what it has unpacked when something stands behind it. As in browsers what is behind the last member, be
 * it padding or a remark, is no part of the body, and its end may be missing; a wrong checksum is an error.
 *
 *   header -> deflated data -> checksum, size -> header of the next one, or the rest
 */
export class GunzippedSource implements ByteSource {
  readonly #source: ByteSource
  readonly #options: DecodedSourceOptions
  #unpacker: Unpacker | undefined
  /** What came and was not needed yet. */
  #rest: Uint8Array = nothing
  #members = 0
  #crc = 0
  #size = 0
  #over = false

  constructor(source: ByteSource, options: DecodedSourceOptions) {
    this.#source = source
    this.#options = options
  }

  async read(): Promise<Uint8Array | undefined> {
    try {
      while (!this.#over) {
        if (this.#unpacker === undefined) {
          await this.#begin()
          continue
        }
        const next = await this.#next(this.#unpacker)
        // It may take what is behind its data, and leave it, before it says that it has ended.
        const isOver = next === 'hungry' && this.#unpacker.unused > 0
        if (next === 'over' || isOver) await this.#end(this.#unpacker)
        else if (next === 'cut') this.#cut('the gzip data is cut off')
        else if (next === 'hungry') await this.#feed(this.#unpacker)
        else {
          this.#crc = crc32(next, this.#crc)
          this.#size = (this.#size + next.length) % 2 ** 32
          return next
        }
      }
      return undefined
    } catch (error) {
      await this.close()
      throw error
    }
  }

  get over(): boolean {
    return false
  }

  async close(): Promise<void> {
    this.#unpacker?.destroy()
    await this.#source.close()
  }

  async #next(unpacker: Unpacker): Promise<Unpacked> {
    try {
      const next = await unpacker.next()
      if (next === 'cut' && this.#options.tolerateCut !== true) throw new Error(cutOff)
      return next
    } catch (error) {
      throw decodingError(error, this.#options)
    }
  }

  async #feed(unpacker: Unpacker): Promise<void> {
    const input = this.#rest.length > 0 ? this.#rest : await this.#source.read()
    if (input === undefined) unpacker.finish()
    else if (input.length > 0) {
      this.#rest = nothing
      this.#last = input
      unpacker.feed(input)
    }
  }

  /** What the unpacker was fed last: where its data ends is in there. */
  #last: Uint8Array = nothing

  async #begin(): Promise<void> {
    await this.#fill(2)
    const isMember = this.#rest[0] === 0x1f && this.#rest[1] === 0x8b
    if (!isMember && this.#members > 0) return await this.#skipRest()
    if (this.#rest.length === 0) {
      this.#over = true // no body at all
      return
    }
    if (!isMember) throw this.#wrong('incorrect header')
    await this.#skipHeader()
    this.#members += 1
    this.#crc = 0
    this.#size = 0
    const create = this.#options.createDecoder
    const stream = create?.('gzip', this.#rest) ?? createInflateRaw({ chunkSize: 64 * 1024 })
    this.#unpacker = new Unpacker(stream, this.#options.patience)
  }

  async #skipHeader(): Promise<void> {
    const [, , method = 0, flags = 0] = await this.#take(10)
    if (method !== 8 || (flags & reserved) !== 0) throw this.#wrong('unknown compression method')
    if ((flags & extra) !== 0) {
      const [low = 0, high = 0] = await this.#take(2)
      await this.#skip(low + 256 * high)
    }
    if ((flags & name) !== 0) await this.#skipText()
    if ((flags & comment) !== 0) await this.#skipText()
    if ((flags & headerCrc) !== 0) await this.#take(2)
  }

  async #end(unpacker: Unpacker): Promise<void> {
    const { unused } = unpacker
    unpacker.destroy()
    this.#unpacker = undefined
    this.#rest = unused === 0 ? this.#rest : this.#last.subarray(this.#last.length - unused)
    await this.#fill(8)
    if (this.#rest.length < 8) {
      this.#cut('the gzip data lacks its checksum')
      return
    }
    const trailer = Buffer.from(await this.#take(8))
    if (trailer.readUInt32LE(0) !== this.#crc) throw this.#wrong('incorrect checksum')
    if (trailer.readUInt32LE(4) !== this.#size) throw this.#wrong('incorrect size')
  }

  #cut(oddity: string): void {
    this.#over = true
    this.#options.onOddity?.(oddity)
  }

  async #skipRest(): Promise<void> {
    let size = this.#rest.length
    this.#rest = nothing
    for (let more; (more = await this.#source.read()) !== undefined;) size += more.length
    this.#over = true
    if (size > 0) this.#options.onOddity?.(behind(size, 'gzip'))
  }

  /** Reads until so many bytes are there, or no more come. */
  async #fill(count: number): Promise<void> {
    while (this.#rest.length < count) {
      const more = await this.#source.read()
      if (more === undefined) return
      this.#rest = this.#rest.length === 0 ? more : Buffer.concat([this.#rest, more])
    }
  }

  async #take(count: number): Promise<Uint8Array> {
    await this.#fill(count)
    if (this.#rest.length < count) throw this.#wrong(cutOff)
    const taken = this.#rest.subarray(0, count)
    this.#rest = this.#rest.subarray(count)
    return taken
  }

  async #skip(count: number): Promise<void> {
    for (let left = count; left > 0;) {
      await this.#fill(1)
      const size = Math.min(left, this.#rest.length)
      await this.#take(Math.max(size, 1))
      left -= size
    }
  }

  /** Up to and with the next zero. */
  async #skipText(): Promise<void> {
    for (;;) {
      await this.#fill(1)
      const end = this.#rest.indexOf(0)
      await this.#take(end === -1 ? Math.max(this.#rest.length, 1) : end + 1)
      if (end !== -1) return
    }
  }

  #wrong(what: string): Error {
    return this.#options.undecodable(new Error(what))
  }
}

const nothing = new Uint8Array(0)

// The flags of a header.
const headerCrc = 0x02
const extra = 0x04
const name = 0x08
const comment = 0x10
const reserved = 0xe0
