import type { ScopeNode } from '../kernel/records.ts'
import { cancelScope } from '../kernel/scope-tree.ts'
import { Herald } from './herald.ts'

const heralds = new WeakMap<AbortSignal, Herald>()

/** Cancels `node` when the signal aborts, until the function returned is called. */
export function follow(node: ScopeNode, signal: AbortSignal): () => void {
  const cancel = (): void => cancelScope(node, signal.reason)
  if (!signal.aborted) return heraldOf(signal).listen(cancel)
  cancel()
  return () => {}
}

function heraldOf(signal: AbortSignal): Herald {
  let herald = heralds.get(signal)
  if (herald === undefined) {
    herald = new Herald(
      (listener) => signal.addEventListener('abort', listener),
      (listener) => signal.removeEventListener('abort', listener),
    )
    heralds.set(signal, herald)
  }
  return herald
}

/** Whether it was this signal that cancelled the scope. */
export function abortedBy(node: ScopeNode, signal: AbortSignal | undefined): signal is AbortSignal {
  return signal?.aborted === true && node.reason === signal.reason
}
