import { Cancelled, eachPart, MisuseError } from '../errors.ts'
import { currentScope } from '../kernel/current.ts'
import { requireFunction, requireMoment } from '../kernel/guard.ts'
import { runInScope, scopesTravel } from '../kernel/platform.ts'
import { ScopeNode } from '../kernel/records.ts'
import { cancelScope, setDeadline, setShield } from '../kernel/cancellation.ts'
import { attach, closeScope } from '../kernel/scope-tree.ts'
import { yieldIfDue } from '../kernel/suspend.ts'
import { signalOf } from './abort-signal.ts'

export interface CancelScopeOptions {
  /** Milliseconds since the epoch. */
  readonly deadline?: number
  /** Hide cancellations from outside. */
  readonly shield?: boolean
  readonly name?: string
}

/**
 * A part of a task that can be cancelled by itself. From `cancel` on every wait inside throws
 * `Cancelled` until the scope is left; the scope absorbs it, and what comes after runs as usual.
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
  #deadline: number
  #shield: boolean
  #cancel: { readonly reason: unknown } | undefined
  readonly #name: string

  constructor(options: CancelScopeOptions = {}) {
    if (options.deadline !== undefined) requireMoment('CancelScope: deadline', options.deadline)
    this.#deadline = options.deadline ?? Infinity
    this.#shield = options.shield ?? false
    this.#name = options.name ?? 'CancelScope'
  }

  /**
   * Runs `fn` in this scope. The result is undefined when the scope was cancelled and `fn` cut short.
   *
   * @throws MisuseError when the scope was entered before: it is for one use
   */
  async run<T>(fn: (scope: CancelScope) => PromiseLike<T> | T): Promise<T | undefined> {
    requireFunction('CancelScope.run: fn', fn)
    if (this.#node !== undefined) {
      throw new MisuseError(
        'CancelScope.run: this scope was entered before; make a new one each time',
      )
    }
    const parent = currentScope()
    const node = new ScopeNode(parent.runtime, parent.task, this.#name)
    this.#node = node
    node.shield = this.#shield
    attach(node, parent)
    if (this.#cancel !== undefined) cancelScope(node, this.#cancel.reason)
    setDeadline(node, this.#deadline)
    return scoped(node, fn, this)
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
    if (this.#node === undefined) this.#cancel ??= { reason }
    else cancelScope(this.#node, reason)
  }

  /** It was asked to cancel, by hand or by its deadline. */
  get cancelCalled(): boolean {
    if (this.#node !== undefined) return this.#node.cancelCalled
    if (this.#cancel === undefined && currentScope().runtime.clock.now() >= this.#deadline) {
      this.#cancel = { reason: 'its deadline passed' }
    }
    return this.#cancel !== undefined
  }

  /** A cancellation ended at the edge of this scope. */
  get cancelledCaught(): boolean {
    return this.#node?.caught ?? false
  }

  get shield(): boolean {
    return this.#node?.shield ?? this.#shield
  }

  /** Has effect on those already waiting. */
  set shield(shield: boolean) {
    this.#shield = shield
    if (this.#node !== undefined) setShield(this.#node, shield)
  }

  /** Milliseconds since the epoch; `Infinity` for none. */
  get deadline(): number {
    return this.#node === undefined || this.#node.closed
      ? this.#deadline
      : (this.#node.deadlineTimer?.at ?? Infinity)
  }

  /** Has effect on those already waiting. */
  set deadline(epochMs: number) {
    requireMoment('CancelScope: deadline', epochMs)
    this.#deadline = epochMs
    if (this.#node?.closed === false) setDeadline(this.#node, epochMs)
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

/** The scope to hand to a body: made only for one that takes it, or that would have none otherwise. */
export function scopeFor(node: ScopeNode, body: Body<unknown>): CancelScope {
  return scopesTravel && body.length === 0 ? (undefined as never) : CancelScope.of(node)
}

/** Opens a scope below the current one, or another. */
export function openScope(name: string, parent: ScopeNode = currentScope()): ScopeNode {
  const node = new ScopeNode(parent.runtime, parent.task, name)
  attach(node, parent)
  return node
}

/**
 * Runs `body` in an open scope and closes it. A cancellation that belongs to this scope ends here:
 * the result is undefined, and `caught` is set. Everything else goes on its way.
 */
export async function scoped<A, T>(
  node: ScopeNode,
  body: (argument: A) => PromiseLike<T> | T,
  argument: A,
): Promise<T | undefined> {
  try {
    const value = await runInScope(node, body, argument)
    const rest = yieldIfDue(node)
    if (rest !== undefined) await rest
    return value
  } catch (error) {
    if (!absorbs(node, error)) throw error
    return undefined
  } finally {
    closeScope(node)
  }
}

/** A cancellation that belongs to this very scope ends at its edge. */
export function absorbs(node: ScopeNode, error: unknown): boolean {
  if (node.cancelledBy !== node || !isCancellation(error)) return false
  node.caught = true
  return true
}

/** What libraries throw when their AbortSignal fires, by `code`: Node's own APIs, axios. */
const cancellationCodes: readonly unknown[] = ['ABORT_ERR', 'ERR_CANCELED']
const registered: ((error: unknown) => boolean)[] = []

/**
 * Teaches corral the error that a library throws when its AbortSignal fires: inside a cancelled scope it
 * counts as the cancellation. Known already are `AbortError` by name, and the codes `ABORT_ERR` and `ERR_CANCELED`.
 *
 * @param test says whether an error is one; asked only in a cancelled scope, for as long as the process lives
 * @example
 * registerCancellation((error) => error instanceof RequestAborted)
 */
export function registerCancellation(test: (error: unknown) => boolean): void {
  requireFunction('registerCancellation: test', test)
  registered.push(test)
}

/**
 * Ours, or what foreign code throws when its AbortSignal fires, or several of them: a body was cut short,
 * and so was what its `using` disposed. Asked only in a cancelled scope.
 */
export function isCancellation(error: unknown): boolean {
  return eachPart(error, (part) => part instanceof Cancelled || isForeignCancellation(part))
}

function isForeignCancellation(error: unknown): boolean {
  if (error instanceof Error) {
    if (error.name === 'AbortError') return true
    if (cancellationCodes.includes((error as { readonly code?: unknown }).code)) return true
  }
  return registered.some((test) => test(error))
}
