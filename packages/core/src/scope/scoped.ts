import { Cancelled, TimeoutError } from '../errors.ts'
import { currentScope } from '../kernel/current.ts'
import { isThenable } from '../kernel/guard.ts'
import { emit, listeners, observed } from '../kernel/hooks.ts'
import { runInScope, turn } from '../kernel/platform.ts'
import { ScopeNode } from '../kernel/records.ts'
import { attach, closeScope, notifyBodyEnd } from '../kernel/scope-tree.ts'
import { yieldIfDue } from '../kernel/suspend.ts'
import { isCancellation } from './foreign-cancellation.ts'
import { failing } from './handled.ts'
import type { Call } from './handled.ts'
import { nurseryOf } from './nursery.ts'
import { appendCause } from './suppressed.ts'

/** In place of the value of a body that the cancellation of its own scope has cut short. */
export const CUT: unique symbol = Symbol('cut short')

/** Opens a scope below the current one, or another. */
export function openScope(name: string, parent: ScopeNode = currentScope()): ScopeNode {
  const node = new ScopeNode(parent.runtime, parent.task, name)
  attach(node, parent)
  return node
}

/**
 * The life of a scope that is open: runs `body` in it, waits for the tasks that were started in it, and
 * closes it. A cancellation that belongs to this scope ends here: `caught` says so, and `ended` is handed
 * `CUT` if the body itself was cut short. The first failure, of the body or of a task, goes on its way.
 *
 * @param ended makes the result of it
 * @param limit in milliseconds: where its deadline cuts something short that is a `TimeoutError`
 */
export function scoped<A, T, R>(
  node: ScopeNode,
  body: (argument: A) => PromiseLike<T> | T,
  argument: A,
  ended: Ending<T, R>,
  limit?: number,
): Promise<R> {
  const call: Call = { promise: undefined }
  const result = live(call, node, body, argument, ended, limit)
  call.promise = result
  return result
}

/** What a scope comes to: the value of its body, or `CUT`; called when all has ended. */
export type Ending<T, R> = (value: T | typeof CUT, node: ScopeNode) => R

/** As an ending: the value of the body, or undefined if it was cut short. */
export function valueOf<T>(value: T | typeof CUT): T | undefined {
  return value === CUT ? undefined : value
}

/** As an ending, where something must be returned: cancelled by hand there is nothing. */
export function valueOrThrow<T>(value: T | typeof CUT, node: ScopeNode): T {
  if (value === CUT) throw new Cancelled(node.reason)
  return value
}

async function live<A, T, R>(
  call: Call,
  node: ScopeNode,
  body: (argument: A) => PromiseLike<T> | T,
  argument: A,
  ended: Ending<T, R>,
  limit: number | undefined,
): Promise<R> {
  let value: T | typeof CUT = CUT
  let absorbed = false
  try {
    try {
      value = await enterScope(node, body, argument)
      if (observed && node.cancelledBy !== undefined) emit(listeners.returned, node)
    } catch (error) {
      if (node.cancelledBy === node && isCancellation(error)) absorbed = true
      else if (node.firstChild === undefined && node.nursery === undefined) throw error
      else nurseryOf(node).bodyThrew(error)
    }
    if (node.firstResource !== undefined) notifyBodyEnd(node)
    if (node.firstChild !== undefined || node.nursery !== undefined) {
      await nurseryOf(node).end()
    } else {
      const rest = yieldIfDue(node)
      if (rest !== undefined) await rest
    }
    closeScope(node)
    if (absorbed) node.caught = true
    if (limit === undefined || !node.caught || !node.expired) return ended(value, node)
  } catch (error) {
    if (limit !== undefined && node.expired && node.cancelledBy === node) {
      appendCause(error, limit)
    }
    closeScope(node)
    return await failing(call, error)
  }
  throw new TimeoutError(limit)
}

/** How many bodies may be entered inside each other before one waits for the next turn: the stack is finite. */
const DEPTH = 100
let depth = 0

/** Calls `body` in a scope. What it returns is awaited in there, too: a task, or a query that begins when awaited. */
function enterScope<A, T>(
  scope: ScopeNode,
  body: (argument: A) => PromiseLike<T> | T,
  argument: A,
): PromiseLike<T> | T {
  if (depth === DEPTH) return turn.then(() => enterScope(scope, body, argument))
  depth += 1
  try {
    const result = runInScope(scope, body, argument)
    return isForeign(result) ? runInScope(scope, follow<T>, result) : result
  } finally {
    depth -= 1
  }
}

/** Awaiting it calls something foreign, at once or when it is awaited. */
function isForeign<T>(result: PromiseLike<T> | T): result is PromiseLike<T> {
  return !(result instanceof Promise && result.constructor === Promise) && isThenable(result)
}

function follow<T>(thenable: PromiseLike<T>): Promise<T> {
  return Promise.resolve(thenable)
}
