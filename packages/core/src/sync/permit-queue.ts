import { isUncancelled, ready, suspend, Waiter, WaitQueue, wake } from '../lowlevel.ts'
import type { ScopeNode } from '../lowlevel.ts'

/**
 * Those who want a share of something, first come first served: what semaphores, limiters and locks have
 * in common. Who comes while nobody waits is granted its share at once if there is enough; those in
 * line are served from the front, until there is not enough for the first.
 */
export class PermitQueue<D> extends WaitQueue<Disposable> {
  readonly #grant: (data: D, scope?: ScopeNode) => Disposable | undefined

  /**
   * @param grant takes the share of a waiter with such `data`, and leaves it when there is not enough;
   *   `scope` is whose it is, the current one if left out
   */
  constructor(grant: (data: D, scope?: ScopeNode) => Disposable | undefined) {
    super()
    this.#grant = grant
  }

  /** A share at once, or none. */
  take(data: D): Disposable | undefined {
    return this.size === 0 ? this.#grant(data) : undefined
  }

  acquire(kind: string, resource: object, data: D): Promise<Disposable> {
    const permit = isUncancelled() ? this.take(data) : undefined
    if (permit !== undefined) return ready(kind, resource, permit)
    return suspend(new Waiter<Disposable>(kind, resource, this, data))
  }

  serve(): void {
    for (let next = this.first; next !== undefined; next = this.first) {
      const permit = this.#grant(next.data as D, next.scope)
      if (permit === undefined) return
      wake(next, permit)
    }
  }

  /** It may have been too much for it, and not for those behind. */
  override left(): void {
    this.serve()
  }
}
