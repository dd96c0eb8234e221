import type { ReadableStream as Readable } from 'node:stream/web'

/** A ReadableStream of the web that takes an item when it is read, and closes the source when it is cancelled. */
export function readableOf<T>(iterator: AsyncIterator<T, undefined>): Readable<T> {
  return new ReadableStream<T>(
    {
      async pull(controller) {
        const step = await iterator.next()
        if (step.done === true) controller.close()
        else controller.enqueue(step.value)
      },
      async cancel() {
        await iterator.return?.()
      },
    },
    { highWaterMark: 0 },
  )
}
