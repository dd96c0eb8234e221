import { snapshot } from '../../diagnostics/snapshot.ts'
import { waitReport } from '../../diagnostics/wait-report.ts'
import { cancelScope } from '../../kernel/cancellation.ts'
import type { ScopeNode } from '../../kernel/records.ts'
import type { Places } from './places.ts'
import { TestFailure } from './test-failure.ts'
import type { TestFailureCode } from './test-failure.ts'

/**
 * What becomes of a run: what must be true of it, what it fails with, and whether it is given up because
 * not even its cleanup ends.
 */
export class RunOutcome {
  /** Called whenever everybody waits; throws what the program is to fail with. */
  readonly invariants: (() => void)[] = []
  /** Called when main has returned; throws what the program is to fail with. */
  readonly eventualities: (() => void)[] = []
  failure: Error | undefined
  /** Nobody waits for the run any more. */
  abandoned = false
  /** Rejects what the caller of the run waits for. */
  abandon: (failure: Error) => void = () => {}
  readonly #root: ScopeNode
  readonly #places: Places | undefined
  readonly #failed: () => void

  /** @param failed called when the program is cancelled because of its failure */
  constructor(root: ScopeNode, places: Places | undefined, failed: () => void) {
    this.#root = root
    this.#places = places
    this.#failed = failed
  }

  /** What is to be true whenever everybody waits. */
  look(): void {
    if (this.failure !== undefined) return
    for (const check of this.invariants) {
      try {
        check()
      } catch (error) {
        this.failWith(error as Error)
        return
      }
    }
  }

  /** Main has come to its end: what was to happen until then is looked at. */
  ended(): void {
    this.look()
    for (const check of this.eventualities) check()
  }

  /** Fails the run: the program is cancelled, and its cleanup runs. A second time there is none. */
  fail(code: TestFailureCode, message: string): void {
    const now = this.#root.runtime.clock.now()
    const report = waitReport(snapshot(this.#root), now, code !== 'LIVELOCK')
    const where = this.#places?.ofWaits(this.#root) ?? ''
    const text = where === '' ? report : `${report}\n${where}`
    const first = this.failure
    if (first === undefined) {
      this.failWith(new TestFailure(code, message, text))
      return
    }
    this.abandoned = true
    const stuck = `${first.message}\nThen its cleanup never ended: ${message}`
    const hopeless = first instanceof TestFailure && code === 'FOREIGN' && first.code === code
    this.abandon(hopeless ? first : new TestFailure('STUCK', stuck, text))
  }

  failWith(failure: Error): void {
    this.failure ??= failure
    cancelScope(this.#root, this.failure.message)
    this.#failed()
  }
}
