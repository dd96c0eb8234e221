import { Cancelled } from '../errors.ts'
import { currentScope } from '../kernel/current.ts'
import type { ScopeNode } from '../kernel/records.ts'
import { cancelScope } from '../kernel/cancellation.ts'
import { SharedListener } from './shared-listener.ts'

/** The AbortSignal of a scope, made when first asked for. */
export function signalOf(node: ScopeNode): AbortSignal {
  if (node.controller === undefined) {
    node.controller = new AbortController()
    if (node.cancelledBy !== undefined) {
      node.controller.abort(new Cancelled(node.cancelledBy.reason))
    }
  }
  return node.controller.signal
}

/**
 * The AbortSignal of the current scope, for foreign code such as `fetch`. It aborts when a cancellation
 * reaches this scope, with the `Cancelled` as its reason. Calls in a scope return the same signal.
 *
 * @example
 * const response = await fetch(url, { signal: currentSignal() })
 */
export function currentSignal(): AbortSignal {
  return signalOf(currentScope())
}

const sharedListeners = new WeakMap<AbortSignal, SharedListener>()

/** Cancels `node` when the signal aborts, until the function returned is called. */
export function cancelOnAbort(node: ScopeNode, signal: AbortSignal): () => void {
  const cancel = (): void => cancelScope(node, signal.reason)
  if (!signal.aborted) return sharedListenerOf(signal).listen(cancel)
  cancel()
  return () => {}
}

const bound = new Set<{ readonly signal: AbortSignal }>()

/** The same for a signal of the user's: until then it may wake those who wait in `node`. */
export function bindSignal(node: ScopeNode, signal: AbortSignal): () => void {
  const binding = { signal }
  bound.add(binding)
  const stop = cancelOnAbort(node, signal)
  return () => {
    bound.delete(binding)
    stop()
  }
}

/** Whether a signal of the user's could still abort. */
export function aSignalMayAbort(): boolean {
  return [...bound].some(({ signal }) => !signal.aborted)
}

function sharedListenerOf(signal: AbortSignal): SharedListener {
  let shared = sharedListeners.get(signal)
  if (shared === undefined) {
    shared = new SharedListener(
      (listener) => signal.addEventListener('abort', listener),
      (listener) => signal.removeEventListener('abort', listener),
    )
    sharedListeners.set(signal, shared)
  }
  return shared
}

/** Whether it was this signal that cancelled the scope. */
export function abortedBy(node: ScopeNode, signal: AbortSignal | undefined): signal is AbortSignal {
  return signal?.aborted === true && node.reason === signal.reason
}
