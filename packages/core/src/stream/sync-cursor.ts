import { END, isThenable } from './cursor.ts'
import type { Cursor, End } from './cursor.ts'

/** Over an array: the items that it has when they are asked for, as its own iterator gives them. */
export class ArrayCursor<T> implements Cursor<T> {
  readonly #items: readonly (T | PromiseLike<T>)[]
  #next = 0

  constructor(items: readonly (T | PromiseLike<T>)[]) {
    this.#items = items
  }

  next(): T | End | Promise<T> {
    if (this.#next >= this.#items.length) {
      this.#next = Infinity
      return END
    }
    const item = this.#items[this.#next++] as T | PromiseLike<T>
    return isThenable(item) ? Promise.resolve(item) : item
  }

  close(): void {
    this.#next = Infinity
  }
}

/** Over any other iterator that does not wait. Items that are promises are awaited, as `for await` does. */
export class SyncCursor<T> implements Cursor<T> {
  readonly #iterator: Iterator<T | PromiseLike<T>>
  #open = true

  constructor(iterator: Iterator<T | PromiseLike<T>>) {
    this.#iterator = iterator
  }

  next(): T | End | Promise<T> {
    if (!this.#open) return END
    this.#open = false // one that throws has ended
    const step = this.#iterator.next()
    if (step.done === true) return END
    this.#open = true
    return isThenable(step.value) ? Promise.resolve(step.value) : step.value
  }

  close(): void {
    if (!this.#open) return
    this.#open = false
    this.#iterator.return?.()
  }
}
