import { MisuseError } from '../errors.ts'
import { describe } from '../lowlevel.ts'
import { AsyncCursor } from './async-cursor.ts'
import { opener } from './cursor.ts'
import type { Opener } from './cursor.ts'
import { isNodeReadable, isWebReadable, nodeIterator, webIterator } from './readable.ts'
import type { WebReadable } from './readable.ts'
import { ArrayCursor, SyncCursor } from './sync-cursor.ts'

/** What a stream can be made of; a function is called for each walk, so that it can be walked again. */
export type StreamSource<T> =
  | Iterable<T | PromiseLike<T>>
  | AsyncIterable<T>
  | WebReadable<T>
  | (() => Iterable<T | PromiseLike<T>> | AsyncIterable<T> | WebReadable<T>)

/** The items of a source. */
export type ItemOf<S> = S extends StreamSource<infer T> ? Awaited<T> : never

/** @param api how the caller is called, `Api: argument` */
export function openerOf<T>(api: string, source: StreamSource<T>): Opener<T> {
  if (typeof source === 'function') {
    return { open: (scope) => openerOf<T>(api, source()).open(scope) }
  }
  if (typeof source === 'string' || (typeof source === 'object' && source !== null)) {
    if (opener in Object(source)) return (source as unknown as { [opener]: Opener<T> })[opener]
    if (Array.isArray(source)) return { open: () => new ArrayCursor<T>(source) }
    if (isWebReadable(source as object)) {
      return { open: () => new AsyncCursor<T>(webIterator(source as WebReadable<T>)) }
    }
    if (Symbol.asyncIterator in Object(source)) {
      return { open: () => new AsyncCursor<T>(iteratorOf(source as AsyncIterable<T>)) }
    }
    if (Symbol.iterator in Object(source)) {
      return { open: () => new SyncCursor<T>((source as Iterable<T>)[Symbol.iterator]()) }
    }
  }
  throw new MisuseError(
    `${api} must be iterable, async iterable, or a function that returns such, got ${describe(source)}`,
  )
}

/** Of several sources. */
export function openersOf<S extends readonly StreamSource<unknown>[]>(
  api: string,
  sources: S,
): Opener<ItemOf<S[number]>>[] {
  return sources.map((source) =>
    openerOf(`${api}: source`, source as StreamSource<ItemOf<S[number]>>),
  )
}

function iteratorOf<T>(source: AsyncIterable<T>): AsyncIterator<T> {
  return isNodeReadable(source) ? nodeIterator(source as never) : source[Symbol.asyncIterator]()
}
