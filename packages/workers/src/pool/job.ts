import { suspend, Waiter, WaitQueue, wake } from 'corral/lowlevel'
import type { HostCalls } from './host-calls.ts'

/** How a call ended, as its caller sees it. `failed` makes the error when it is thrown. */
export type Outcome =
  | { readonly kind: 'value'; readonly value: unknown }
  | { readonly kind: 'failed'; readonly error: (caller: string) => unknown }
  | { readonly kind: 'cancelled'; readonly reason: string | undefined }

/**
 * One call, seen from the caller's side: from the moment its thread has it to the moment the thread is
 * done with it or gone.
 *
 *   running ──> over
 *      └ stopping ┘      cancelled, left or closed: told to end, later made to
 */
export class Job {
  /** Its number in its thread. */
  id = 0
  readonly name: string
  stopping = false
  outcome: Outcome | undefined
  /** What it asks of this side, if the pool has a host. */
  readonly calls: HostCalls | undefined
  readonly #line = new WaitQueue()
  readonly #item: ((value: unknown) => void) | undefined
  readonly #over: () => void

  /**
   * @param calls made where the call is
   * @param over told when it is over, before those who wait
   * @param item told of each item
   */
  constructor(
    name: string,
    calls: HostCalls | undefined,
    over: () => void,
    item?: (value: unknown) => void,
  ) {
    this.name = name
    this.calls = calls
    this.#over = over
    this.#item = item
  }

  /**
   * Waits for an item or the end.
   *
   * Cancellation: gives up waiting, and no more: see `PoolWorker.stop`.
   */
  news(): Promise<void> {
    // Called so, a test in virtual time knows that something outside goes on.
    return suspend(new Waiter('cancellable', this, this.#line))
  }

  /** Waits for the end, come what may. */
  async ended(): Promise<void> {
    while (this.outcome === undefined) {
      await suspend(new Waiter('cancellable', this, this.#line, undefined, true))
    }
    if (this.calls !== undefined) await this.calls.end()
  }

  item(value: unknown): void {
    this.#item?.(value)
    this.#wake()
  }

  end(outcome: Outcome): void {
    if (this.outcome !== undefined) return
    this.outcome = outcome
    this.#over()
    this.#wake()
  }

  get [Symbol.toStringTag](): string {
    return `WorkerPool ${this.name}`
  }

  #wake(): void {
    for (const waiter of this.#line) wake(waiter, undefined)
  }
}
