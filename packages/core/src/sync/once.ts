import { MisuseError } from '../errors.ts'
import {
  currentScope,
  nameResource,
  ready,
  report,
  requireFunction,
  suspend,
  tellOwners,
  tellStats,
  Waiter,
  WaitQueue,
  wake,
  wakeWithError,
} from '../lowlevel.ts'
import type { ResourceOptions } from '../lowlevel.ts'
import { HomeContext } from '../scope/home.ts'
import type { Task } from '../scope/task.ts'
import { isWithin } from './is-within.ts'

/**
 * A value that is made once, when it is first needed. Calls in the meantime wait for the same work, which
 * belongs to none of the callers: it is a task of the scope in which the `Once` was made (of the whole
 * program, if there was none or it has ended). A failure goes to all waiting callers and is forgotten: the
 * next call tries again.
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
    tellOwners(this, (once) => (once.#task === undefined ? [] : [once.#task]))
    tellStats(this, (once) => {
      const started = once.#task === undefined ? 'new' : 'running'
      return { type: 'Once', waiting: once.waiting, state: once.done ? 'done' : started }
    })
  }

  readonly #owner = new HomeContext()
  readonly #line = new WaitQueue<T>()
  readonly #fn: () => PromiseLike<T> | T
  #task: Task<T> | undefined
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
    return this.#line.size
  }

  /**
   * The value; the first call starts the work.
   *
   * Cancellation: stops waiting, and leaves the work to go on for others. Cancelling the owner stops it.
   *
   * @throws what the work throws
   * @throws TaskCancelledError when the owner was cancelled
   * @throws MisuseError when the work asks for its own value
   */
  get(): Promise<T> {
    const scope = currentScope()
    if (scope.cancelledBy === undefined) {
      if (this.#made !== undefined) return ready('Once.get', this, this.#made.value, scope)
      if (this.#task === undefined) {
        this.#start()
      } else if (isWithin(scope, this.#task)) {
        return Promise.reject(
          new MisuseError(
            'Once.get: its work waits for its own value; pass the work what it needs',
          ),
        )
      }
    }
    return suspend(new Waiter<T>('Once.get', this, this.#line), scope)
  }

  #start(): void {
    this.#task = this.#owner.spawn('Once', this.#fn, (task) => {
      this.#task = undefined
      if (task.state === 'fulfilled') this.#made = { value: task.value as T }
      if (task.state === 'rejected' && this.#line.size === 0) report(task.error)
      for (const waiter of this.#line) {
        if (this.#made === undefined) wakeWithError(waiter, () => task.failure())
        else wake(waiter, this.#made.value)
      }
    })
  }
}
