import { refuse } from '../lowlevel.ts'
import { AsyncCursor } from './async-cursor.ts'
import type { Walkable } from './async-cursor.ts'
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
  const object = Object(source) as object
  if (opener in object) return (object as { [opener]: Opener<T> })[opener]
  if (Array.isArray(source)) return { open: () => new ArrayCursor<T>(source) }
  if (isWebReadable<T>(object)) return { open: () => new AsyncCursor(webIterator(object)) }
  if (Symbol.asyncIterator in object) {
    return { open: () => new AsyncCursor(iteratorOf(object as AsyncIterable<T>)) }
  }
  if (Symbol.iterator in object) {
    return { open: () => new SyncCursor((object as Iterable<T>)[Symbol.iterator]()) }
  }
  return refuse(api, 'iterable, async iterable, or a function that returns such', source)
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

function iteratorOf<T>(source: AsyncIterable<T>): Walkable<T> {
  return isNodeReadable<T>(source) ? nodeIterator(source) : source[Symbol.asyncIterator]()
}
