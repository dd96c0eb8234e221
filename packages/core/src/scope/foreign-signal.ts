import type { ScopeNode } from '../kernel/records.ts'
import { cancelScope } from '../kernel/scope-tree.ts'

/** The scopes that follow a signal. However many they are, the signal has one listener of ours. */
const followers = new WeakMap<AbortSignal, Set<ScopeNode>>()

/** Cancels `node` when the signal aborts, until the function returned is called. */
export function follow(node: ScopeNode, signal: AbortSignal): () => void {
  if (signal.aborted) {
    cancelScope(node, signal.reason)
    return () => {}
  }
  const scopes = followers.get(signal) ?? listen(signal)
  scopes.add(node)
  return () => {
    scopes.delete(node)
    if (scopes.size === 0) unlisten(signal)
  }
}

function listen(signal: AbortSignal): Set<ScopeNode> {
  const scopes = new Set<ScopeNode>()
  followers.set(signal, scopes)
  signal.addEventListener('abort', aborted, { once: true })
  return scopes
}

function unlisten(signal: AbortSignal): void {
  followers.delete(signal)
  signal.removeEventListener('abort', aborted)
}

function aborted(this: AbortSignal): void {
  const scopes = followers.get(this)
  followers.delete(this)
  for (const scope of scopes ?? []) cancelScope(scope, this.reason)
}
