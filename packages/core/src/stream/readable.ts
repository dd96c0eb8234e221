import type { AsyncIteratorLike } from './async-cursor.ts'

/** A ReadableStream of the web, as far as it is used here. */
export interface WebReadable<T> {
  getReader(): {
    read(): Promise<{ done: false; value: T } | { done: true; value?: T | undefined }>
    cancel(reason?: unknown): Promise<void>
    releaseLock(): void
  }
}

/** A Readable of Node, as far as it is used here. */
export interface NodeReadable<T> extends AsyncIterable<T> {
  destroy(): unknown
  read(): unknown
}

export function isWebReadable<T>(source: object): source is WebReadable<T> {
  return typeof (source as Partial<WebReadable<T>>).getReader === 'function'
}

export function isNodeReadable<T>(source: object): source is NodeReadable<T> {
  const { destroy, read } = source as Partial<NodeReadable<T>>
  return typeof destroy === 'function' && typeof read === 'function'
}

/** Its own iterator would not end before the chunk that it waits for has come. */
export function webIterator<T>(readable: WebReadable<T>): AsyncIteratorLike<T> {
  const reader = readable.getReader()
  return {
    async next() {
      const step = await reader.read()
      if (step.done) reader.releaseLock()
      return step as IteratorResult<T>
    },
    async return() {
      await reader.cancel()
      reader.releaseLock()
    },
  }
}

/** Its own iterator would not end before the chunk that it waits for has come. */
export function nodeIterator<T>(readable: NodeReadable<T>): AsyncIteratorLike<T> {
  const iterator = readable[Symbol.asyncIterator]()
  let closed = false
  return {
    async next() {
      try {
        return await iterator.next()
      } catch (error) {
        if (!closed) throw error
        return { done: true, value: undefined } // it complains of what `return` did
      }
    },
    async return() {
      closed = true
      readable.destroy()
      await iterator.return?.()
    },
  }
}
