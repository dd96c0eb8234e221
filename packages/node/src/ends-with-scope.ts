import { currentScope, track, untrack } from 'corral/lowlevel'
import type { ScopeNode, ScopeResource } from 'corral/lowlevel'

/**
 * Closes a resource when the scope in which it was made ends, unless it was released before. For sources of
 * `for await`: when `next` throws, the loop does not call `return`.
 */
export class EndsWithScope implements ScopeResource {
  nextResource: ScopeResource | undefined
  prevResource: ScopeResource | undefined
  readonly #home: { readonly scope: ScopeNode } = { scope: currentScope() }
  readonly #close: () => void
  #isHeld = false

  constructor(close: () => void) {
    this.#close = close
  }

  /** From now on there is something to close. */
  hold(): void {
    if (this.#isHeld || this.#home.scope.parent === undefined) return
    this.#isHeld = true
    track(this.#home, this)
  }

  release(): void {
    if (!this.#isHeld) return
    this.#isHeld = false
    untrack(this.#home, this)
  }

  onOwnerExit(): void {
    this.#isHeld = false
    this.#close()
  }
}
