import { Future, shield, TaskCancelledError } from 'corral'
import { HomeContext } from 'corral/lowlevel'

/**
 * What many callers want done, done together: one batch is under way at a time, and those who come meanwhile travel in
 * the next. It runs where this was made, and not in a caller's context: who is cancelled leaves the others alone.
 */
export class GroupCommit<T, R> {
  readonly #home = new HomeContext()
  readonly #act: (items: readonly T[]) => Promise<readonly R[]>
  readonly #most: number
  readonly #waiting: Entry<T, R>[] = []
  #leading = false

  /** @param most how many travel together */
  constructor(act: (items: readonly T[]) => Promise<readonly R[]>, most: number) {
    this.#act = act
    this.#most = most
  }

  /**
   * Cancellation: stops waiting; it is done all the same.
   *
   * @throws what the batch threw
   */
  async submit(item: T): Promise<R> {
    const entry = { item, done: new Future<R>() }
    this.#waiting.push(entry)
    if (!this.#leading) this.#lead()
    return await entry.done.wait()
  }

  #lead(): void {
    this.#leading = true
    this.#home.spawn(
      'commit',
      () => shield(() => this.#serve()),
      () => {
        this.#leading = false
        for (const { done } of this.#waiting.splice(0)) {
          reject(done, new TaskCancelledError('commit'))
        }
      },
    )
  }

  async #serve(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, this.#most)
      try {
        const results = await this.#act(batch.map(({ item }) => item))
        for (const [i, { done }] of batch.entries()) done.resolve(results[i] as R)
      } catch (error) {
        for (const { done } of batch) reject(done, error)
      }
    }
  }
}

interface Entry<T, R> {
  readonly item: T
  readonly done: Future<R>
}

/** Who waited may have gone: then nobody is to be told. */
function reject<R>(future: Future<R>, error: unknown): void {
  future.then(undefined, () => {})
  future.reject(error)
}
