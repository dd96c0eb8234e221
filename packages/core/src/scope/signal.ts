import { Cancelled } from '../errors.ts'
import { currentScope } from '../kernel/current.ts'
import type { ScopeNode } from '../kernel/records.ts'

/** The AbortSignal of a scope, made when first asked for. */
export function signalOf(node: ScopeNode): AbortSignal {
  if (node.controller === undefined) {
    node.controller = new AbortController()
    if (node.cancelledBy !== undefined)
      node.controller.abort(new Cancelled(node.cancelledBy.reason))
  }
  return node.controller.signal
}

/**
 * The AbortSignal of the current scope, for foreign code such as `fetch`. It aborts when a cancellation
 * reaches this scope, with the `Cancelled` as its reason. One per scope, however often it is asked for.
 *
 * @example
 * const response = await fetch(url, { signal: currentSignal() })
 */
export function currentSignal(): AbortSignal {
  return signalOf(currentScope())
}
