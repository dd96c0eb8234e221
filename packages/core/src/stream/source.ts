import { refuse } from '../lowlevel.ts'
import { AsyncCursor } from './async-cursor.ts'
import type { AsyncIteratorLike } from './async-cursor.ts'
import { streamSource } from './cursor.ts'
import type { Source } from './cursor.ts'
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
export function sourceOf<T>(api: string, source: StreamSource<T>): Source<T> {
  if (typeof source === 'function') {
    return { open: (scope) => sourceOf<T>(api, source()).open(scope) }
  }
  const object = Object(source) as object
  if (streamSource in object) return (object as { [streamSource]: Source<T> })[streamSource]
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
export function sourcesOf<S extends readonly StreamSource<unknown>[]>(
  api: string,
  sources: S,
): Source<ItemOf<S[number]>>[] {
  return sources.map((source) =>
    sourceOf(`${api}: source`, source as StreamSource<ItemOf<S[number]>>),
  )
}

function iteratorOf<T>(source: AsyncIterable<T>): AsyncIteratorLike<T> {
  return isNodeReadable<T>(source) ? nodeIterator(source) : source[Symbol.asyncIterator]()
}
