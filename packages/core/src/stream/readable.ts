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

export function isWebReadable(source: object): source is WebReadable<unknown> {
  return typeof (source as Partial<WebReadable<unknown>>).getReader === 'function'
}

export function isNodeReadable(source: object): source is NodeReadable<unknown> {
  const { destroy, read } = source as Partial<NodeReadable<unknown>>
  return typeof destroy === 'function' && typeof read === 'function'
}

/** Its own iterator would not end before the chunk that it waits for has come. */
export function webIterator<T>(readable: WebReadable<T>): AsyncIterator<T> {
  const reader = readable.getReader()
  return {
    async next() {
      const step = await reader.read()
      if (!step.done) return step
      reader.releaseLock()
      return { done: true, value: undefined }
    },
    async return() {
      await reader.cancel()
      reader.releaseLock()
      return { done: true, value: undefined }
    },
  }
}

/** Its own iterator would not end before the chunk that it waits for has come. */
export function nodeIterator<T>(readable: NodeReadable<T>): AsyncIterator<T> {
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
      return { done: true, value: undefined }
    },
  }
}
