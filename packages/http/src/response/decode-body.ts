import { cancellable, moveOnAfter, shield } from 'corral'
import { requireDuration } from 'corral/lowlevel'
import { HttpError } from '../errors.ts'
import type { ByteSource } from '../exchange/byte-source.ts'
import { codingsOf } from './coding.ts'
import type { Coding } from './coding.ts'
import { DecodedSource } from './decoded-source.ts'
import type { DecodedSourceOptions } from './decoded-source.ts'
import { GunzippedSource } from './gunzipped-source.ts'

export interface DecodeOptions {
  /** What is told in errors. */
  readonly url?: string
  /** Between one piece and the next the decoder may take so many milliseconds. Default 30 000. */
  readonly bodyTimeout?: number
  /** Whether the start of what is cut off is given in place of an error. Default false. */
  readonly tolerateCut?: boolean
  /** Told what is odd about coded data that could be decoded all the same. */
  readonly onOddity?: (what: string) => void
}

/**
 * Undoes content codings of bytes from anywhere: gzip, deflate, br, zstd. What stands behind the coded data is left out, and
 * told to `onOddity`. Memory is that of a chunk or two, however much they unpack to.
 *
 * Cancellation: ends `body`, and throws when that has ended, or half a second later.
 *
 * @param codings as Content-Encoding names them, in the order in which they were applied
 * @throws HttpError UNDECODABLE
 * @example
 * for await (const chunk of decodeBody(response.body, 'gzip')) console.log(chunk.length)
 */
export function decodeBody(
  body: AsyncIterable<Uint8Array>,
  codings: string,
  options: DecodeOptions = {},
): AsyncIterable<Uint8Array> {
  const { url = '', bodyTimeout = 30_000, tolerateCut, onOddity } = options
  requireDuration('decodeBody: bodyTimeout', bodyTimeout)
  const undecodable = (what: string, cause?: Error): HttpError =>
    new HttpError('UNDECODABLE', url === '' ? what : `${what}: ${url}`, {
      url,
      phase: 'body',
      ...(cause === undefined ? {} : { cause }),
    })
  const { codings: known, unknown, refused = unknown } = codingsOf(codings)
  if (refused !== undefined) throw undecodable(refused)
  return { [Symbol.asyncIterator]: () => iterate(decoded()) }

  function decoded(): ByteSource {
    let source: ByteSource = new IteratedSource(body)
    for (const coding of known) {
      source = decodedSource(source, coding, {
        patience: bodyTimeout,
        onOddity,
        tolerateCut,
        undecodable: (cause) => undecodable(`the body is no ${coding}: ${cause.message}`, cause),
      })
    }
    return source
  }
}

/** Undoes one coding. */
export function decodedSource(
  source: ByteSource,
  coding: Coding,
  options: DecodedSourceOptions,
): ByteSource {
  if (coding === 'gzip') return new GunzippedSource(source, options)
  return new DecodedSource(source, coding, options)
}

/** A source as something to iterate; leaving the loop closes it. */
export function iterate(source: ByteSource): AsyncIterator<Uint8Array, undefined> {
  let read = false
  return {
    async next() {
      if (read && source.over) return { done: true, value: undefined }
      read = true
      const value = await source.read()
      return value === undefined ? { done: true, value } : { done: false, value }
    },
    async return() {
      await shield(() => source.close())
      return { done: true, value: undefined }
    },
  }
}

/** How long `body` may take to end when nobody wants it any more. */
const GRACE = 500

/** Bytes of somebody else: waiting for them ends when the scope is cancelled, whatever they do. */
class IteratedSource implements ByteSource {
  readonly #iterator: AsyncIterator<Uint8Array, unknown>
  over = false

  constructor(body: AsyncIterable<Uint8Array>) {
    this.#iterator = body[Symbol.asyncIterator]()
  }

  async read(): Promise<Uint8Array | undefined> {
    if (this.over) return undefined
    const { done, value } = await cancellable(this.#iterator.next())
    if (done !== true) return value
    this.over = true
    return undefined
  }

  async close(): Promise<void> {
    if (this.over) return
    this.over = true
    const ending = this.#iterator.return?.()
    if (ending !== undefined) {
      await shield(() => moveOnAfter(GRACE, () => cancellable(ending)))
    }
  }
}
