import { Event, isCancelled, MisuseError, shield } from 'corral'
import type { Task } from 'corral'

/** Calls `use` with a value and cleans up after it: a transaction, say. `use` throws when the work with it failed. */
export type Hold<T> = (use: (value: T) => Promise<void>) => PromiseLike<unknown>

export interface Failure {
  readonly error: unknown
}

/**
 * A value that a task holds open until `close`. Cancelling that task only cuts the opening short: once open, it is
 * closed by `close`, in the owner's order.
 */
export class HeldResource<T> {
  readonly #name: string
  readonly #task: Task<Failure | undefined>
  readonly #opened = new Event()
  readonly #over = new Event()
  #value: { readonly value: T } | undefined
  #refusal: Failure | undefined
  #failure: Failure | undefined

  /** @param start starts the task, in a group that outlives the resource */
  constructor(
    hold: Hold<T>,
    name: string,
    start: (work: () => Promise<Failure | undefined>) => Task<Failure | undefined>,
  ) {
    this.#name = name
    this.#task = start(() => this.#hold(hold))
  }

  /** The value, once it is open. */
  async get(): Promise<T> {
    await this.#opened.wait()
    if (this.#value === undefined) throw this.#refusal?.error
    return this.#value.value
  }

  /** Closes it to completion; an unfinished opening is cancelled. Returns the error of the closing, if any. */
  close(failure: Failure | undefined): Promise<Failure | undefined> {
    return shield(async () => {
      this.#failure = failure
      if (this.#value === undefined) this.#task.cancel('nobody needs it any more')
      this.#over.set()
      const outcome = await this.#task.settled()
      const ended = outcome.status === 'fulfilled' ? outcome.value : undefined
      return ended?.error === failure?.error ? undefined : ended
    })
  }

  async #hold(hold: Hold<T>): Promise<Failure | undefined> {
    try {
      await hold(async (value) => {
        this.#value = { value }
        this.#opened.set()
        await shield(() => this.#over.wait())
        if (this.#failure !== undefined) throw this.#failure.error
      })
      if (this.#value !== undefined) return undefined
      throw new MisuseError(`${this.#name}: it ended without calling use; call use(value)`)
    } catch (error) {
      this.#refusal = { error }
      this.#opened.set()
      if (isCancelled(error)) throw error
      return this.#value === undefined ? undefined : { error }
    }
  }
}
