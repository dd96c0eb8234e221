import { Cancelled, eachPart } from '../errors.ts'
import { runInScope } from '../kernel/context.ts'
import { currentScope } from '../kernel/current.ts'
import { ScopeNode } from '../kernel/records.ts'
import { attach, closeScope } from '../kernel/scope-tree.ts'
import { yieldIfDue } from '../kernel/suspend.ts'

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

/**
 * Ours, or what foreign code throws when its AbortSignal fires, or several of them: a body was cut short,
 * and so was what its `using` disposed. Asked only in a cancelled scope.
 */
export function isCancellation(error: unknown): boolean {
  return eachPart(
    error,
    (part) => part instanceof Cancelled || (part instanceof Error && part.name === 'AbortError'),
  )
}
