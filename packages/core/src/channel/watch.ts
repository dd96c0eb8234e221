import { ClosedError } from '../errors.ts'
import { suspend, uncancelled, Waiter, WaitQueue, wake } from '../lowlevel.ts'
import { turnAway } from '../sync/turn-away.ts'
import type { Receiver } from './receiver.ts'
import { WatchReceiver } from './watch-receiver.ts'
import type { Watched } from './watch-receiver.ts'

/**
 * One value that changes, and tasks that want to know its latest state, not each step: who looks late
 * sees one change where there were many.
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
  readonly #watched: Watched<T>
  readonly #line = new WaitQueue<T>()
  /** Gives those who wait the value as it is when they go on, not when they were woken. */
  readonly #latest = { then: (resolve: (value: T) => void): void => resolve(this.value) }

  constructor(initial: T) {
    this.#watched = { value: initial, capacity: 1, receivers: new Set(), closed: false }
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
    if (watched.closed) throw closed('Watch.set')
    watched.value = value
    for (const waiter of this.#line) wake(waiter, this.#latest as T)
    for (const receiver of watched.receivers) receiver.offer(value)
  }

  /**
   * Waits for the next `set` after this call, and gives the value as it is then: after several at once,
   * the last one. A loop over `subscribe()` misses no change between two calls; this does.
   *
   * Cancellation: changes nothing.
   *
   * @throws ClosedError when it is closed, also while waiting
   */
  changed(): Promise<T> {
    if (this.closed && uncancelled()) return Promise.reject(closed('Watch.changed'))
    return suspend(new Waiter<T>('Watch.changed', this, this.#line))
  }

  /** A new receiver. It has seen the present value; it receives the latest value whenever there is an unseen one. */
  subscribe(): Receiver<T> {
    return new WatchReceiver(this.#watched)
  }

  /** No more changes: receivers get the value if they have not seen it, and then end. Twice is once. */
  close(): void {
    if (this.closed) return
    this.#watched.closed = true
    turnAway(this.#line, closed)
    for (const receiver of this.#watched.receivers) receiver.end()
  }

  [Symbol.dispose](): void {
    this.close()
  }

  get [Symbol.toStringTag](): string {
    return 'Watch'
  }
}

function closed(api: string): ClosedError {
  return new ClosedError(`${api}: it is closed and changes no more; read value, or make a new one`)
}
