import { currentScope } from '../kernel/current.ts'
import { cancelScope, setDeadline } from '../kernel/cancellation.ts'
import type { ScopeNode } from '../kernel/records.ts'

/** A program under way, as `run` and `testRun` start one: the scope around its tasks, and how it is asked to stop. */
export class Program {
  readonly scope: ScopeNode
  /** What `stopping()` gives: made when first asked for. */
  event: { set(): void; readonly waiting: number } | undefined
  #stopRequested = false
  /** What the process is to exit with if a signal has cut the program short. */
  exitCode: number | undefined
  readonly #grace: number

  /** @param grace how long it may go on after it was asked to stop, in milliseconds; 0: not at all */
  constructor(scope: ScopeNode, grace: number) {
    this.scope = scope
    this.#grace = grace
    programs.set(scope, this)
  }

  /** It has ended: nobody is inside any more. */
  ended(): void {
    programs.delete(this.scope)
  }

  get stopRequested(): boolean {
    return this.#stopRequested
  }

  /** Somebody waits to be asked to stop. */
  get stopAwaited(): boolean {
    return !this.#stopRequested && (this.event?.waiting ?? 0) > 0
  }

  /** A signal came: the first one asks it to stop, the second one cancels. False when it is cancelled already. */
  interrupt(signal: string, exitCode: number): boolean {
    if (this.scope.cancelCalled) return false
    this.exitCode ??= exitCode
    if (this.#stopRequested) cancelScope(this.scope, signal)
    else this.requestStop(signal)
    return true
  }

  /** Asks it to stop; when the grace is over, it is cancelled. Again it does nothing. */
  requestStop(reason: unknown): void {
    if (this.#stopRequested) return
    this.#stopRequested = true
    this.event?.set()
    const { scope } = this
    if (this.#grace === 0) cancelScope(scope, reason)
    else if (!scope.closed) setDeadline(scope, scope.runtime.clock.now() + this.#grace)
  }
}

/** Those under way. No WeakMap: what that holds survives a young collection, and a search runs thousands of programs. */
const programs = new Map<ScopeNode, Program>()

/** The innermost program around the running code, or around a scope; undefined at the root. */
export function currentProgram(scope: ScopeNode = currentScope()): Program | undefined {
  let around: ScopeNode | undefined = scope
  while (around !== undefined) {
    const program = programs.get(around)
    if (program !== undefined) return program
    around = around.parent
  }
  return undefined
}
