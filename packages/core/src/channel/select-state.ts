import { Waiter, wake } from '../lowlevel.ts'
import type { Line } from '../lowlevel.ts'
import { SelectCase } from './select-case.ts'

/**
 * The decision that the cases of a `select` share.
 *
 * First each case makes its call, and none joins a line: if one is ready, that is it. Otherwise each
 * wait joins its own line, wrapped by a `SelectCase`, and one waiter waits on behalf of all. Lines are
 * told in the very moment when somebody is granted; then all the others leave theirs.
 *
 *   waiter of the select -> select state -> select case -> line of queue A
 *                                        -> select case -> the clock
 */
export class SelectState implements Line {
  chosen: SelectCase | undefined
  readonly #cases: SelectCase[] = []
  #waiter: Waiter<SelectCase> | undefined
  #over = false

  /** Makes the call of a case, which may be what decides. */
  begin(key: string | number, call: () => unknown): void {
    const selectCase = new SelectCase(key, (chosen) => this.#choose(chosen))
    this.#cases.push(selectCase)
    selectCase.begin(call)
    if (!selectCase.waits) this.#choose(selectCase)
  }

  /** The one who waits on behalf of all. */
  waiter(): Waiter<SelectCase> {
    const kinds = this.#cases.map(({ waiter }) => waiter?.kind).join(', ')
    this.#waiter = new Waiter(`select of ${kinds}`, undefined, this)
    return this.#waiter
  }

  add(): void {
    for (const selectCase of this.#cases) selectCase.add()
  }

  /** Granted: the others have left already. Cancelled: all must leave. */
  remove(): void {
    this.#over = true
    for (const selectCase of this.#cases) selectCase.withdraw()
  }

  left(): void {
    for (const selectCase of this.#cases) selectCase.reject()
  }

  /** Waits until every case that was given up has ended; throws what one of them throws by itself. */
  async end(): Promise<void> {
    this.remove()
    this.left()
    for (const selectCase of this.#cases) {
      if (selectCase !== this.chosen && !selectCase.alone) await selectCase.waitUntilEnded()
    }
  }

  /** Takes this one, which waits no longer, and gives up the others, unless it was decided before. */
  #choose(chosen: SelectCase): void {
    if (this.#over) return
    this.chosen = chosen
    this.remove()
    this.left()
    if (this.#waiter !== undefined) wake(this.#waiter, chosen)
  }
}
