import { isCancelled } from '../errors.ts'
import { currentContext, inside } from '../kernel/context.ts'
import { rootScope } from '../kernel/current.ts'
import { Context, ScopeNode } from '../kernel/records.ts'
import { attach, closeScope } from '../kernel/scope-tree.ts'

/** Opens a scope below the current one. */
export function openScope(name: string): ScopeNode {
  const outer = currentContext()
  const parent = outer?.scope ?? rootScope
  const node = new ScopeNode(parent.runtime, parent.task, name)
  node.context = new Context(node, outer)
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
    return await inside(node.context as Context, body, argument)
  } catch (error) {
    if (node.governor !== node || !isCancellation(error)) throw error
    node.caught = true
    return undefined
  } finally {
    closeScope(node)
  }
}

/** Ours, or what foreign code throws when its AbortSignal fires. Asked only in a cancelled scope. */
export function isCancellation(error: unknown): boolean {
  return isCancelled(error) || (error instanceof Error && error.name === 'AbortError')
}
