import type { ScopeNode } from '../lowlevel.ts'
import { END } from './cursor.ts'
import type { Cursor, End, Source } from './cursor.ts'

/** The first `count` items; the source is closed when one more is asked for. */
export function taking<T>(source: Source<T>, count: number): Source<T> {
  return { open: (scope) => new Take(source, scope, count) }
}

class Take<T> implements Cursor<T> {
  readonly #source: Cursor<T> | undefined
  #left: number

  constructor(source: Source<T>, scope: ScopeNode, count: number) {
    if (count > 0) this.#source = source.open(scope)
    this.#left = count
  }

  next(): T | End | Promise<T | End> {
    if (this.#left-- > 0) return (this.#source as Cursor<T>).next()
    const closed = this.close()
    return closed instanceof Promise ? closed.then(() => END) : END
  }

  close(): Promise<void> | void {
    return this.#source?.close()
  }
}
