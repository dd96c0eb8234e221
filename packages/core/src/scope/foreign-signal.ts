import type { ScopeNode } from '../kernel/records.ts'
import { cancelScope } from '../kernel/scope-tree.ts'
import { listen } from './listen.ts'

/** Cancels `node` when the signal aborts, until the function returned is called. */
export function follow(node: ScopeNode, signal: AbortSignal): () => void {
  const cancel = (): void => cancelScope(node, signal.reason)
  if (signal.aborted) cancel()
  return listen(
    signal,
    {
      add: (listener) => signal.addEventListener('abort', listener),
      remove: (listener) => signal.removeEventListener('abort', listener),
    },
    cancel,
  )
}

/** Whether it was this signal that cancelled the scope. */
export function abortedBy(node: ScopeNode, signal: AbortSignal | undefined): signal is AbortSignal {
  return signal?.aborted === true && node.reason === signal.reason
}
