import type { ScopeNode } from '../kernel/records.ts'
import { cancelScope } from '../kernel/scope-tree.ts'
import { SharedListener } from './herald.ts'

const sharedListeners = new WeakMap<AbortSignal, SharedListener>()

/** Cancels `node` when the signal aborts, until the function returned is called. */
export function cancelOnAbort(node: ScopeNode, signal: AbortSignal): () => void {
  const cancel = (): void => cancelScope(node, signal.reason)
  if (!signal.aborted) return sharedListenerOf(signal).listen(cancel)
  cancel()
  return () => {}
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
