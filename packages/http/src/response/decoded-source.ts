import type { Transform } from 'node:stream'
import { suspend, Waiter, wake } from 'corral/lowlevel'
import type { ByteSource } from '../exchange/byte-source.ts'
import { createDecoder } from './coding.ts'
import type { Coding } from './coding.ts'

/**
 * Undoes one content coding. It takes a chunk, and no other until all that it unpacks to was read: so
 * it holds two chunks at most, however much a small body unpacks to.
 */
export class DecodedSource implements ByteSource {
  readonly #source: ByteSource
  readonly #coding: Coding
  readonly #undecodable: (cause: Error) => Error
  #decoder: Transform | undefined
  #waiter: Waiter | undefined
  #failure: Error | undefined
  #wantsInput = true
  #sourceOver = false
  #ended = false

  constructor(source: ByteSource, coding: Coding, undecodable: (cause: Error) => Error) {
    this.#source = source
    this.#coding = coding
    this.#undecodable = undecodable
  }

  async read(): Promise<Uint8Array | undefined> {
    try {
      for (;;) {
        if (this.#failure !== undefined) throw this.#undecodable(this.#failure)
        const chunk = this.#decoder?.read() as Uint8Array | null | undefined
        if (chunk !== null && chunk !== undefined) return chunk
        if (this.#ended) return await this.#skipRest()
        if (this.#wantsInput) await this.#feed()
        else await this.#progress()
        if (this.#sourceOver && this.#decoder === undefined) return undefined // no body at all
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
    this.#decoder?.destroy()
    await this.#source.close()
  }

  async #feed(): Promise<void> {
    const input = await this.#source.read()
    if (input === undefined) {
      this.#sourceOver = true
      this.#wantsInput = false
      this.#decoder?.end()
      return
    }
    if (input.length === 0) return
    this.#decoder ??= this.#start(input)
    this.#wantsInput = false
    this.#decoder.write(input, () => {
      this.#wantsInput = true
      this.#wake()
    })
  }

  #start(first: Uint8Array): Transform {
    const wakeUp = (): void => this.#wake()
    return createDecoder(this.#coding, first)
      .on('readable', wakeUp)
      .on('end', () => {
        this.#ended = true
        wakeUp()
      })
      .on('error', (error) => {
        this.#failure = error
        wakeUp()
      })
  }

  /** The coded data is over; what still comes is no part of it. */
  async #skipRest(): Promise<undefined> {
    while ((await this.#source.read()) !== undefined) continue
    return undefined
  }

  async #progress(): Promise<void> {
    const waiter = new Waiter('HttpResponse.decode', this)
    this.#waiter = waiter
    try {
      await suspend(waiter)
    } finally {
      this.#waiter = undefined
    }
  }

  #wake(): void {
    if (this.#waiter !== undefined) wake(this.#waiter, undefined)
  }
}
