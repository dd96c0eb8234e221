import { MisuseError } from '../errors.ts'
import {
  currentScope,
  HomeContext,
  nameResource,
  ready,
  report,
  requireFunction,
  suspend,
  tellOwners,
  tellStats,
  Waiter,
  wake,
} from '../lowlevel.ts'
import type { ResourceOptions } from '../lowlevel.ts'
import { SharedWork } from './shared-work.ts'

/**
 * A value that is made once, when it is first asked for. All who ask meanwhile wait for the same work,
 * which belongs to none of them: it lives in the nearest scope around where the `Once` was made, or, made outside
 * any or when that has ended, in the `run` of the one who asks. A failure goes to all who wait and is forgotten:
 * the next to ask tries again.
 *
 * Cost: O(1) to ask and to leave; when it is there, about that of a promise.
 *
 * @example
 * const config = new Once(() => readConfig())
 * const { port } = await config.get()
 * @see tokio::sync::OnceCell, Go's sync.OnceValue
 */
export class Once<T> {
  static {
    tellOwners(this, (once) => (once.#work === undefined ? [] : [once.#work.task]))
    tellStats(this, (once) => {
      const started = once.#work === undefined ? 'new' : 'running'
      return { type: 'Once', waiting: once.waiting, state: once.done ? 'done' : started }
    })
  }

  readonly #owner = new HomeContext()
  readonly #fn: () => PromiseLike<T> | T
  #work: SharedWork<T> | undefined
  #made: { readonly value: T } | undefined

  /** @param fn makes the value; called with what travels along the awaits here, such as a `TaskLocal` */
  constructor(fn: () => PromiseLike<T> | T, options?: ResourceOptions) {
    requireFunction('Once: fn', fn)
    nameResource('Once', this, options)
    this.#fn = fn
  }

  /** The value is there: `get` will not wait. */
  get done(): boolean {
    return this.#made !== undefined
  }

  /** How many wait for the value. */
  get waiting(): number {
    return this.#work?.line.size ?? 0
  }

  /**
   * The value; the first call starts the work.
   *
   * Cancellation: stops waiting, and leaves the work to go on for others. Cancelling the owner stops it, once nobody
   * waits any more.
   *
   * @throws what the work throws
   * @throws TaskCancelledError when the owner was cancelled
   * @throws MisuseError when the work asks for its own value
   */
  get(): Promise<T> {
    const scope = currentScope()
    if (scope.cancelledBy !== undefined) return suspend(new Waiter<T>('Once.get', this), scope)
    if (this.#made !== undefined) return ready('Once.get', this, this.#made.value, scope)
    if (this.#work?.waitsFor(scope) === true) {
      const misuse = 'Once.get: its work waits for its own value; pass the work what it needs'
      return Promise.reject(new MisuseError(misuse))
    }
    return (this.#work ??= this.#begin()).wait('Once.get', this, scope)
  }

  #begin(): SharedWork<T> {
    const work = new SharedWork<T>(this.#owner, 'Once', {
      work: this.#fn,
      over: (task) => {
        this.#work = undefined
        if (task?.state === 'fulfilled') this.#made = { value: task.value as T }
        if (task?.state === 'rejected' && work.line.size === 0) report(task.error)
      },
      give: wake,
      lasting: true,
    })
    return work
  }
}
