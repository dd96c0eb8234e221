import { MisuseError } from '../errors.ts'
import { currentScope } from '../kernel/current.ts'
import { requireFunction, requireMoment } from '../kernel/guard.ts'
import { runInScope, scopesTravel } from '../kernel/platform.ts'
import { ScopeNode } from '../kernel/records.ts'
import { cancelScope, setDeadline, setShield } from '../kernel/cancellation.ts'
import { attach } from '../kernel/scope-tree.ts'
import { signalOf } from './abort-signal.ts'
import { scoped, valueOf } from './scoped.ts'

export interface CancelScopeOptions {
  /** Milliseconds since the epoch. */
  readonly deadline?: number
  /** Hide cancellations from outside. */
  readonly shield?: boolean
  readonly name?: string
}

interface Plan {
  deadline: number
  shield: boolean
  readonly name: string
  cancel: { readonly reason: unknown } | undefined
}

const unplanned: Plan = {
  deadline: Infinity,
  shield: false,
  name: 'CancelScope',
  cancel: undefined,
}

/**
 * A part of a task that can be cancelled by itself. After `cancel`, every wait inside throws `Cancelled`
 * until the scope is left; the scope absorbs it, and the code after it runs as usual.
 *
 * @example
 * const scope = new CancelScope({ deadline: now() + 100 })
 * await scope.run(() => sleep(1000))
 * scope.cancelledCaught // true
 * @see trio.CancelScope
 */
export class CancelScope {
  /** The public face of a scope that is entered already, such as a group's. */
  static of(node: ScopeNode): CancelScope {
    const scope = new CancelScope()
    scope.#node = node
    return scope
  }

  #node: ScopeNode | undefined
  /** What was asked of it before it was entered, and the deadline that it had at its end. */
  #plan: Plan | undefined

  constructor(options?: CancelScopeOptions) {
    if (options === undefined) return
    if (options.deadline !== undefined) requireMoment('CancelScope: deadline', options.deadline)
    const { deadline = Infinity } = options
    this.#plan = { ...unplanned, ...options, deadline }
  }

  /**
   * Runs `fn` in this scope, and waits for the tasks that were started in it. The result is undefined when
   * the scope was cancelled and `fn` cut short.
   *
   * @throws the first failure of `fn` or of a task, as it is
   * @throws MisuseError when the scope was entered before: it is for one use
   */
  run<T>(fn: (scope: CancelScope) => PromiseLike<T> | T): Promise<T | undefined> {
    try {
      requireFunction('CancelScope.run: fn', fn)
      if (this.#node !== undefined) {
        throw new MisuseError(
          'CancelScope.run: this scope was entered before; make a new one each time',
        )
      }
    } catch (error) {
      return Promise.reject(error)
    }
    const plan = this.#plan ?? unplanned
    const parent = currentScope()
    const node = new ScopeNode(parent.runtime, parent.task, plan.name)
    this.#node = node
    node.shield = plan.shield
    attach(node, parent)
    if (plan.cancel !== undefined) cancelScope(node, plan.cancel.reason)
    setDeadline(node, plan.deadline)
    return scoped(node, fn, this, valueOf)
  }

  /**
   * Calls `fn` in this scope: the waits and groups that begin in the call belong to it. Needed only
   * where no scope travels along the awaits (browsers), after the first await of a body.
   *
   * @throws MisuseError when the scope is not entered yet, or has ended
   * @example
   * await timeout(1000, async (scope) => {
   *   await fetch('/a')
   *   await scope.enter(() => sleep(10))
   * })
   */
  enter<R>(fn: () => R): R {
    requireFunction('CancelScope.enter: fn', fn)
    if (this.#node === undefined || this.#node.closed) {
      throw new MisuseError('CancelScope.enter: the scope is not running; call it inside its body')
    }
    return runInScope(this.#node, fn, undefined as never)
  }

  /** Cancels everything inside; again and afterwards it does nothing, the first reason stays. */
  cancel(reason?: unknown): void {
    if (this.#node === undefined) this.#planned.cancel ??= { reason }
    else cancelScope(this.#node, reason)
  }

  /** It was asked to cancel, by hand or by its deadline. */
  get cancelCalled(): boolean {
    if (this.#node !== undefined) return this.#node.cancelCalled
    const plan = this.#plan
    if (plan === undefined) return false
    if (plan.cancel === undefined && currentScope().runtime.clock.now() >= plan.deadline) {
      plan.cancel = { reason: 'its deadline passed' }
    }
    return plan.cancel !== undefined
  }

  /** A cancellation ended at the edge of this scope. */
  get cancelledCaught(): boolean {
    return this.#node?.caught ?? false
  }

  get shield(): boolean {
    return this.#node?.shield ?? this.#plan?.shield ?? false
  }

  /** Has effect on those already waiting. */
  set shield(shield: boolean) {
    if (this.#node === undefined) this.#planned.shield = shield
    else setShield(this.#node, shield)
  }

  /** Milliseconds since the epoch; `Infinity` for none. */
  get deadline(): number {
    return this.#node === undefined || this.#node.closed
      ? (this.#plan ?? unplanned).deadline
      : (this.#node.deadlineTimer?.at ?? Infinity)
  }

  /** Has effect on those already waiting. */
  set deadline(epochMs: number) {
    requireMoment('CancelScope: deadline', epochMs)
    this.#planned.deadline = epochMs
    if (this.#node?.closed === false) setDeadline(this.#node, epochMs)
  }

  get #planned(): Plan {
    return (this.#plan ??= { ...unplanned })
  }

  /** For foreign code; aborts when a cancellation reaches this scope. Made when asked for. */
  get signal(): AbortSignal {
    if (this.#node === undefined) {
      throw new MisuseError('CancelScope.signal: the scope is not entered yet; ask inside run')
    }
    return signalOf(this.#node)
  }
}

/** Work that may take its scope, for where none travels along the awaits. */
export type Body<T> = (scope: CancelScope) => PromiseLike<T> | T

/** As a body, work of the user's that takes nothing, whatever its optional parameters are. */
export function bodyOf<T>(work: () => PromiseLike<T> | T): Body<T> {
  return scopesTravel ? () => work() : work
}

/**
 * As a body with a deadline. Where no scope travels, a body that takes none goes on outside of it after its first
 * `await`, where no deadline reaches it: when that has happened it is refused.
 */
export function inTime<T>(api: string, work: Body<T>): Body<T> {
  if (scopesTravel || work.length > 0) return work
  return async (scope) => {
    const value = await work(scope)
    if (!scope.cancelCalled) return value
    throw new MisuseError(
      `${api}: the time was over, and its work went on where no scope travels along the awaits; take the scope, and call by scope.enter(() => ...)`,
    )
  }
}
