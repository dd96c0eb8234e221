import { interruptibleStep } from '../flow/interruptible-step.ts'
import { shield } from '../scope/shield.ts'
import { END } from './cursor.ts'
import type { Cursor, End } from './cursor.ts'

/** An async iterator, as far as it is used here. */
export interface AsyncIteratorLike<T> {
  next(): Promise<IteratorResult<T>>
  return?: (() => Promise<unknown>) | undefined
  readonly [Symbol.toStringTag]?: string | undefined
}

/** Over an async iterator. */
export class AsyncCursor<T> implements Cursor<T> {
  readonly #iterator: AsyncIteratorLike<T>
  /** Its `return` ends a step that is under way. Generators of the language end only between two steps. */
  readonly #breakable: boolean
  #open = true

  constructor(iterator: AsyncIteratorLike<T>) {
    this.#iterator = iterator
    this.#breakable = iterator[Symbol.toStringTag] !== 'AsyncGenerator'
  }

  next(): End | Promise<T | End> {
    if (!this.#open) return END
    this.#open = false // one that throws has ended
    const step = this.#iterator.next()
    this.#open = true
    return this.#breakable ? this.#guard(step) : step.then(this.#arrived, this.#failed)
  }

  close(): Promise<void> | void {
    if (!this.#open) return
    this.#open = false
    return shield(async () => void (await this.#iterator.return?.()))
  }

  readonly #arrived = (step: IteratorResult<T>): T | End => {
    if (step.done !== true) return step.value
    this.#open = false
    return END
  }

  /** One that throws has ended. */
  readonly #failed = (error: unknown): never => {
    this.#open = false
    throw error
  }

  /** A cancellation ends it at once, with what it waits for. An item that was on its way is not lost. */
  async #guard(step: Promise<IteratorResult<T>>): Promise<T | End> {
    const end = this.#iterator.return && ((): unknown => this.close())
    try {
      return this.#arrived(await interruptibleStep(Promise.resolve(step), end))
    } catch (error) {
      return this.#failed(error)
    }
  }
}
