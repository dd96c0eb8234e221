import { Waiter, wake } from '../lowlevel.ts'
import type { Line } from '../lowlevel.ts'
import { Alternative } from './alternative.ts'

/**
 * The decision that the cases of a `select` share.
 *
 * First each case makes its call, and none joins a line: if one is ready, that is it. Otherwise each
 * wait joins its own line, wrapped by an `Alternative`, and one waiter waits on behalf of all. Lines are
 * told in the very moment when somebody is granted; then all the others leave theirs.
 *
 *   waiter of the select -> selection -> alternative -> line of queue A
 *                                     -> alternative -> the clock
 */
export class Selection implements Line {
  chosen: Alternative | undefined
  readonly #alternatives: Alternative[] = []
  #waiter: Waiter<Alternative> | undefined
  #over = false

  /** Makes the call of a case, which may be what decides. */
  begin(key: string | number, call: () => unknown): void {
    const alternative = new Alternative(key, (chosen) => this.#choose(chosen))
    this.#alternatives.push(alternative)
    alternative.begin(call)
    if (!alternative.waits) this.#choose(alternative)
  }

  /** The one who waits on behalf of all. */
  waiter(): Waiter<Alternative> {
    const kinds = this.#alternatives.map(({ waiter }) => waiter?.kind).join(', ')
    this.#waiter = new Waiter(`select of ${kinds}`, undefined, this)
    return this.#waiter
  }

  add(): void {
    for (const alternative of this.#alternatives) alternative.add()
  }

  /** Granted: the others have left already. Cancelled: all must leave. */
  remove(): void {
    this.#over = true
    for (const alternative of this.#alternatives) alternative.withdraw()
  }

  left(): void {
    for (const alternative of this.#alternatives) alternative.giveUp()
  }

  /** Waits until every case that was given up has ended; throws what one of them throws by itself. */
  async end(): Promise<void> {
    this.remove()
    this.left()
    for (const alternative of this.#alternatives) {
      if (alternative !== this.chosen && !alternative.alone) await alternative.ended()
    }
  }

  /** Takes this one, which waits no longer, and gives up the others, unless it was decided before. */
  #choose(chosen: Alternative): void {
    if (this.#over) return
    this.chosen = chosen
    this.remove()
    this.left()
    if (this.#waiter !== undefined) wake(this.#waiter, chosen)
  }
}
