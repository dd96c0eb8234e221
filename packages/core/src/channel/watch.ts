import { ClosedError } from '../errors.ts'
import {
  failAll,
  isUncancelled,
  nameResource,
  suspend,
  tellStats,
  Waiter,
  WaitQueue,
  wakeAll,
} from '../lowlevel.ts'
import type { ResourceOptions } from '../lowlevel.ts'
import type { Receiver } from './receiver.ts'
import { WatchReceiver } from './watch-receiver.ts'
import type { WatchState } from './watch-receiver.ts'

/**
 * One value that changes, for tasks that need its latest state and not every step: a late reader sees
 * several changes as one.
 *
 * Cost: to set, O(receivers and tasks that wait).
 *
 * @example
 * const config = new Watch({ level: 'info' })
 * spawn(async () => {
 *   using changes = config.subscribe()
 *   for await (const { level } of changes) console.log(level)
 * })
 * config.set({ level: 'debug' })
 * @see tokio::sync::watch, Kotlin's StateFlow
 */
export class Watch<T> implements Disposable {
  static {
    tellStats<Watch<unknown>>(this, ({ waiting, closed }) => {
      return { type: 'Watch', waiting, state: closed ? 'closed' : 'open' }
    })
  }

  readonly #watched: WatchState<T>
  readonly #line = new WaitQueue<T>()
  /** Gives those who wait the value as it is when they go on, not when they were woken. */
  readonly #latest = { then: (resolve: (value: T) => void): void => resolve(this.value) }

  constructor(initial: T, options: ResourceOptions = {}) {
    nameResource('Watch', this, options)
    this.#watched = { options, value: initial, version: 0, closed: false, receivers: new Set() }
  }

  get value(): T {
    return this.#watched.value
  }

  get closed(): boolean {
    return this.#watched.closed
  }

  /** How many receivers are open. */
  get receivers(): number {
    return this.#watched.receivers.size
  }

  /** How many wait in `changed`. */
  get waiting(): number {
    return this.#line.size
  }

  /**
   * Sets the value, which counts as a change even when it is the same one.
   *
   * @throws ClosedError when it is closed
   */
  set(value: T): void {
    const watched = this.#watched
    if (watched.closed) throw closed('set')
    watched.value = value
    watched.version += 1
    wakeAll(this.#line, this.#latest as T)
    for (const receiver of watched.receivers) receiver.changed()
  }

  /**
   * Waits for the next `set` after this call, and returns the value at that time: after several at once,
   * the last one. Unlike a loop over `subscribe()`, it can miss changes between two calls.
   *
   * Cancellation: changes nothing.
   *
   * @throws ClosedError when it is closed, also while waiting
   */
  changed(): Promise<T> {
    if (this.closed && isUncancelled()) return Promise.reject(closed('changed'))
    return suspend(new Waiter<T>('Watch.changed', this, this.#line))
  }

  /** A new receiver. It has seen the present value; it receives the latest value whenever there is an unseen one. */
  subscribe(): Receiver<T> {
    return new WatchReceiver(this.#watched, this.#watched.version)
  }

  /** No more changes: receivers get the value if they have not seen it, and then end. Twice is once. */
  close(): void {
    this.#watched.closed = true
    failAll(this.#line, () => closed('changed'))
    for (const receiver of this.#watched.receivers) receiver.end()
  }

  [Symbol.dispose](): void {
    this.close()
  }

  get [Symbol.toStringTag](): string {
    return 'Watch'
  }
}

function closed(method: string): ClosedError {
  return new ClosedError(
    `Watch.${method}: it is closed and changes no more; read value, or make a new one`,
  )
}
