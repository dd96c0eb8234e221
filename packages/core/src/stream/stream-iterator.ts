import { Cancelled, isCancelled } from '../errors.ts'
import { closeFailed } from '../flow/source.ts'
import { AutoClose, currentScope, ready, suspend, Waiter, WaitQueue, wake } from '../lowlevel.ts'
import type { ScopeNode } from '../lowlevel.ts'
import { END } from './cursor.ts'
import type { Cursor, End, Source } from './cursor.ts'

type Step<T> = IteratorResult<T, undefined>

const end: IteratorReturnResult<undefined> = { done: true, value: undefined }

/** One walk over a stream: what a loop drives. A walk that is driven by hand ends with `return`. */
export interface StreamIterator<T> extends AsyncIterableIterator<T, undefined>, AsyncDisposable {
  /** Closes every source and waits for that; a `next` that is under way comes to its end. */
  return(): Promise<IteratorResult<T, undefined>>
}

/**
 * It opens the source with the first `next`, and closes it
 * at the end, after an error or a cancelled `next`, on `return`; and when the scope where it was made ends
 * before that.
 */
export class StreamWalk<T> implements StreamIterator<T> {
  readonly #source: Source<T>
  readonly #scope: ScopeNode
  #cursor: Cursor<T> | undefined
  #autoClose: AutoClose | undefined
  #done = false
  /** The step that is under way; others stand in line behind it. */
  #pending: Promise<unknown> | undefined
  readonly #line = new WaitQueue()
  #closing: Promise<void> | undefined

  /** Made by a stream, not by hand. */
  constructor(source: Source<T>) {
    this.#source = source
    this.#scope = currentScope()
  }

  next(): Promise<Step<T>> {
    if (this.#pending === undefined) return this.#step()
    return suspend(new Waiter('Stream.next', this, this.#line)).then(() => this.#step())
  }

  async return(): Promise<Step<T>> {
    await (this.#closing ??= this.#close())
    return end
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return()
  }

  get [Symbol.toStringTag](): string {
    return 'StreamIterator'
  }

  #step(): Promise<Step<T>> {
    const scope = currentScope()
    let item: T | End | Promise<T | End>
    if (scope.cancelledBy !== undefined) {
      item = Promise.reject(new Cancelled(scope.cancelledBy.reason))
    } else {
      try {
        item = this.#done ? END : (this.#cursor ??= this.#open(scope)).next()
      } catch (error) {
        item = Promise.reject(error)
      }
    }
    if (item instanceof Promise) {
      const step = item.then(this.#given, this.#failed)
      this.#pending = step
      return step
    }
    return ready('Stream.next', this, this.#given(item), scope)
  }

  #open(scope: ScopeNode): Cursor<T> {
    const home = this.#scope.closed ? scope : this.#scope
    if (home.task === undefined) return this.#source.open(home)
    this.#autoClose = new AutoClose(
      home,
      () => this.#pending !== undefined,
      () => this.return(),
    )
    return this.#source.open(this.#autoClose.scope)
  }

  readonly #given = (item: T | End): Step<T> => {
    if (item === END) this.#leave()
    this.#turn()
    return item === END ? end : { done: false, value: item }
  }

  /** A loop does not call `return` after an error: it is closed here. */
  readonly #failed = async (error: unknown): Promise<never> => {
    this.#done = true
    const failed = closeFailed({ close: () => this.#cursor?.close() }, error)
    this.#closing ??= failed.catch(ignore)
    // A cancellation is nobody's fault: it is not reported if nobody waits for this step any more.
    if (isCancelled(error)) void this.#pending?.catch(ignore)
    try {
      return await failed
    } finally {
      this.#leave()
      this.#turn()
    }
  }

  async #close(): Promise<void> {
    this.#done = true
    try {
      await this.#cursor?.close()
    } finally {
      await Promise.allSettled([this.#pending])
      this.#leave()
    }
  }

  #leave(): void {
    this.#done = true
    this.#autoClose?.release()
    this.#autoClose = undefined
  }

  /** The next one in line. */
  #turn(): void {
    this.#pending = undefined
    const next = this.#line.first
    if (next === undefined) return
    this.#pending = next.promise
    wake(next, undefined)
  }
}

function ignore(): void {}
