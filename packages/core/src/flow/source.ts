import { MisuseError } from '../errors.ts'
import { describe, uncancelled } from '../lowlevel.ts'
import { cancellable } from '../scope/cancellable.ts'
import { shield } from '../scope/shield.ts'
import { suppress } from '../scope/suppressed.ts'
import { isCancellation } from '../scope/scoped.ts'
import { Semaphore } from '../sync/semaphore.ts'

const END: IteratorReturnResult<undefined> = { done: true, value: undefined }

/** An iterable that several tasks take from. Each item is taken by one of them; at the end it is closed for sure. */
export interface Source<T> {
  take(): IteratorResult<T> | Promise<IteratorResult<T>>
  /** To be called when nobody takes any more: the iterator is closed unless it has ended by itself. */
  close(): Promise<void> | void
}

export function sourceOf<T>(api: string, items: Iterable<T> | AsyncIterable<T>): Source<T> {
  if (items !== null && items !== undefined) {
    const asynchronous = (items as AsyncIterable<T>)[Symbol.asyncIterator]
    if (typeof asynchronous === 'function') return new AsyncSource(asynchronous.call(items))
    const synchronous = (items as Iterable<T>)[Symbol.iterator]
    if (typeof synchronous === 'function') return new SyncSource(synchronous.call(items))
  }
  throw new MisuseError(`${api}: items must be iterable or async iterable, got ${describe(items)}`)
}

/** Closes the source of something that failed with `error`, and throws it: a failure to close is kept with it. */
export async function closeFailed(
  source: Pick<Source<unknown>, 'close'>,
  error: unknown,
): Promise<never> {
  try {
    await source.close()
  } catch (second) {
    if (isCancellation(error)) throw second
    suppress(error, [second])
  }
  throw error
}

class SyncSource<T> implements Source<T> {
  readonly #iterator: Iterator<T>
  #open = true

  constructor(iterator: Iterator<T>) {
    this.#iterator = iterator
  }

  take(): IteratorResult<T> {
    if (!this.#open) return END
    this.#open = false // an iterator that throws has ended
    const step = this.#iterator.next()
    this.#open = step.done !== true
    return step
  }

  close(): void {
    if (!this.#open) return
    this.#open = false
    this.#iterator.return?.()
  }
}

class AsyncSource<T> implements Source<T> {
  readonly #iterator: AsyncIterator<T>
  readonly #turn = new Semaphore(1)
  #open = true

  constructor(iterator: AsyncIterator<T>) {
    this.#iterator = iterator
  }

  /** One at a time: iterators need not bear a second `next` while the first one is on its way. */
  async take(): Promise<IteratorResult<T>> {
    using _turn = await this.#turn.acquire()
    if (!this.#open) return END
    this.#open = false
    const pending = Promise.resolve(this.#iterator.next())
    try {
      const step = await cancellable(pending)
      this.#open = step.done !== true
      return step
    } catch (error) {
      if (uncancelled() || this.#iterator.return === undefined) throw error
      const step = await this.#interrupted(pending)
      if (step.done === true) throw error
      return step
    }
  }

  async close(): Promise<void> {
    if (!this.#open) return
    this.#open = false
    await shield(() => this.#iterator.return?.())
  }

  /**
   * Cancelled while the source works on an item: it is told to end, so that one that only waits need
   * not, and what it still gives is waited for. An item that is on its way is not lost. (A source that
   * cannot be told might never give one: it is given up at once.)
   */
  async #interrupted(pending: Promise<IteratorResult<T>>): Promise<IteratorResult<T>> {
    const [item, end] = await Promise.allSettled([pending, shield(() => this.#iterator.return?.())])
    if (item.status === 'rejected') {
      if (end.status === 'rejected') suppress(item.reason, [end.reason])
      throw item.reason
    }
    if (end.status === 'rejected') throw end.reason
    return item.value
  }
}
