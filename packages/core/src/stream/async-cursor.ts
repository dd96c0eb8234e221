import { uncancelled } from '../lowlevel.ts'
import { cancellable } from '../scope/cancellable.ts'
import { shield } from '../scope/shield.ts'
import { END } from './cursor.ts'
import type { Cursor, End } from './cursor.ts'

/** Generators of the language: they end only between two steps, so there is no use in giving up a step. */
const generators = Object.getPrototypeOf(
  Object.getPrototypeOf(async function* () {}).prototype,
) as object

/** Over an async iterator. */
export class AsyncCursor<T> implements Cursor<T> {
  readonly #iterator: AsyncIterator<T>
  /** Its `return` ends a step that is under way. */
  readonly #breakable: boolean
  #open = true

  constructor(iterator: AsyncIterator<T>) {
    this.#iterator = iterator
    this.#breakable = !Object.prototype.isPrototypeOf.call(generators, iterator)
  }

  next(): End | Promise<T | End> {
    if (!this.#open) return END
    let step: Promise<IteratorResult<T>>
    try {
      step = this.#iterator.next()
    } catch (error) {
      this.#open = false
      throw error
    }
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
    try {
      return this.#arrived(await cancellable(Promise.resolve(step)))
    } catch (error) {
      if (uncancelled() || this.#iterator.return === undefined) return this.#failed(error)
      const [last, end] = await Promise.allSettled([step, this.close()])
      if (end.status === 'rejected') throw end.reason
      if (last.status === 'rejected') throw last.reason
      if (last.value.done === true) throw error
      return last.value.value
    }
  }
}
