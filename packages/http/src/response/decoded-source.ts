import type { Transform } from 'node:stream'
import { isCancelled } from 'corral'
import type { ByteSource } from '../exchange/byte-source.ts'
import { createDecoder } from './coding.ts'
import type { Coding } from './coding.ts'
import { Unpacker } from './unpacker.ts'
import type { Unpacked } from './unpacker.ts'

export interface DecodedSourceOptions {
  /** Milliseconds to wait for the decoder at most. */
  readonly patience: number
  readonly undecodable: (cause: Error) => Error
  /** Told what is odd about the coded data, when it could be decoded all the same. */
  readonly onOddity?: ((what: string) => void) | undefined
  /** Whether what is cut off counts as whole, which is told as odd. */
  readonly tolerateCut?: boolean | undefined
  /** A decoder in place of zlib's. */
  readonly createDecoder?: (coding: Coding, first: Uint8Array) => Transform
}

/** Undoes one content coding that is one stream; what stands behind it is no part of it. */
export class DecodedSource implements ByteSource {
  readonly #source: ByteSource
  readonly #coding: Exclude<Coding, 'gzip'>
  readonly #options: DecodedSourceOptions
  #unpacker: Unpacker | undefined

  constructor(source: ByteSource, coding: Exclude<Coding, 'gzip'>, options: DecodedSourceOptions) {
    this.#source = source
    this.#coding = coding
    this.#options = options
  }

  async read(): Promise<Uint8Array | undefined> {
    try {
      for (;;) {
        const next = await this.#next()
        if (next === 'over') return await this.#skipRest()
        if (next === 'cut') {
          this.#options.onOddity?.(`the ${this.#coding} data is cut off`)
          return undefined
        }
        if (next instanceof Uint8Array) return next
        const input = await this.#source.read()
        if (input === undefined) {
          if (this.#unpacker === undefined) return undefined // no body at all
          this.#unpacker.finish()
        } else if (input.length > 0) {
          this.#unpacker ??= this.#start(input)
          this.#unpacker.feed(input)
        }
      }
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

  async #next(): Promise<Unpacked> {
    try {
      const next = (await this.#unpacker?.next()) ?? 'hungry'
      if (next === 'cut' && this.#options.tolerateCut !== true) throw new Error(cutOff)
      return next
    } catch (error) {
      throw decodingError(error, this.#options)
    }
  }

  #start(first: Uint8Array): Unpacker {
    const create = this.#options.createDecoder ?? createDecoder
    return new Unpacker(create(this.#coding, first), this.#options.patience)
  }

  async #skipRest(): Promise<undefined> {
    let size = this.#unpacker?.unused ?? 0
    for (let more; (more = await this.#source.read()) !== undefined;) size += more.length
    if (size > 0) this.#options.onOddity?.(behind(size, this.#coding))
    return undefined
  }
}

/** What a decoder failed with; a cancellation goes on its way. */
export function decodingError(error: unknown, { undecodable }: DecodedSourceOptions): unknown {
  return isCancelled(error) || !(error instanceof Error) ? error : undecodable(error)
}

/** What is said of bytes that stand behind coded data. */
export function behind(size: number, coding: Coding): string {
  return `${size} ${size === 1 ? 'byte' : 'bytes'} behind the ${coding} data`
}

/** What is said of data that are not whole. */
export const cutOff = 'unexpected end of file'
