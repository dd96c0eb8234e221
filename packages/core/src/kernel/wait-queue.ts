import type { Line, ScopeNode, Waiter } from './records.ts'

/**
 * A first-come-first-served line of waiters, linked through the waiters themselves: to join, to
 * leave from anywhere and to serve the first are O(1).
 *
 *   first -> w1 <-> w2 <-> w3 <- last
 */
export class WaitQueue<T = void> implements Line {
  #first: Waiter<T> | undefined
  #last: Waiter<T> | undefined
  #size = 0
  readonly #left: ((waiter: Waiter<T>) => void) | undefined

  /** @param left called after a waiter gave up, to serve those it stood in the way of */
  constructor(left?: (waiter: Waiter<T>) => void) {
    this.#left = left
  }

  get size(): number {
    return this.#size
  }

  /** The one to be served next. */
  get first(): Waiter<T> | undefined {
    return this.#first
  }

  add(waiter: Waiter<T>): void {
    const last = this.#last as Waiter<never> | undefined
    waiter.prev = last
    if (last === undefined) this.#first = waiter
    else last.next = waiter
    this.#last = waiter
    this.#size += 1
  }

  remove(waiter: Waiter<T>): void {
    const { next, prev } = waiter
    if (prev === undefined) this.#first = next as Waiter<T> | undefined
    else prev.next = next
    if (next === undefined) this.#last = prev as Waiter<T> | undefined
    else next.prev = prev
    waiter.next = undefined
    waiter.prev = undefined
    this.#size -= 1
  }

  left(waiter: Waiter<T>): void {
    this.#left?.(waiter)
  }

  /**
   * Those in line, first come first. The line may change while it is walked; when the one who comes
   * next leaves it, the walk begins again at the first.
   */
  *[Symbol.iterator](): IterableIterator<Waiter<T>> {
    let waiter = this.#first
    while (waiter !== undefined) {
      const next = waiter.next as Waiter<T> | undefined
      yield waiter
      const gone = next !== undefined && next.prev === undefined && next !== this.#first
      waiter = gone ? this.#first : next
    }
  }
}

/** Links a waiter into the ring of its scope, behind those already waiting. */
export function linkToScope(scope: ScopeNode, waiter: Waiter<never>): void {
  const first = scope.firstWaiter
  if (first === undefined) {
    scope.firstWaiter = waiter
    waiter.scopePrev = waiter
    return
  }
  const last = first.scopePrev as Waiter<never>
  last.scopeNext = waiter
  waiter.scopePrev = last
  first.scopePrev = waiter
}

/** Takes a waiter out of the ring of its scope. */
export function unlinkFromRing(scope: ScopeNode, waiter: Waiter<never>): void {
  const { scopeNext: next, scopePrev: prev } = waiter
  const first = scope.firstWaiter as Waiter<never>
  if (first === waiter) scope.firstWaiter = next
  else (prev as Waiter<never>).scopeNext = next
  if (next !== undefined) next.scopePrev = prev
  else if (first !== waiter) first.scopePrev = prev
  waiter.scopeNext = undefined
  waiter.scopePrev = undefined
}

/** From now on no cancellation of its scope reaches the waiter: it is decided, or somebody else waits on its behalf. */
export function unlinkFromScope(waiter: Waiter<never>): void {
  if (waiter.scope !== undefined && waiter.scopePrev !== undefined) {
    unlinkFromRing(waiter.scope, waiter)
  }
}
