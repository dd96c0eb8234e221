import { activeSchedulers } from './records.ts'
import type { ScopeNode, TaskRecord, Waiter } from './records.ts'

/**
 * What can be seen while a program runs. Every hook is called synchronously from inside the kernel:
 * it must be quick, and must not wait. A hook that throws is taken off and its error reported.
 */
export interface Hooks {
  taskSpawned?(task: TaskRecord): void
  taskStarted?(task: TaskRecord): void
  taskEnded?(task: TaskRecord): void
  waiting?(waiter: Waiter<never>): void
  /** `state` of the waiter says whether it was granted or cancelled. */
  woken?(waiter: Waiter<never>): void
  /** A wait was begun in a cancelled scope, and threw at once. */
  waitRejected?(scope: ScopeNode): void
  /** A call was made whose task has ended: a callback that outlives it. The call was made at the root. */
  outlived?(scope: ScopeNode): void
}

const installed: Hooks[] = []

/** True while anybody looks: the kernel asks this before it calls `emit`. */
export let observed = false

/** Calls `hooks` from now on, until the function returned is called. */
export function instrument(hooks: Hooks): () => void {
  installed.push(hooks)
  observed = true
  return () => uninstall(hooks)
}

function uninstall(hooks: Hooks): void {
  const index = installed.indexOf(hooks)
  if (index >= 0) installed.splice(index, 1)
  observed = installed.length > 0
}

/** Whether somebody looks on, or tests are run: for what costs too much to remember otherwise. */
export function isObserved(): boolean {
  return observed || activeSchedulers > 0
}

type Subject<K extends keyof Hooks> = Parameters<NonNullable<Hooks[K]>>[0]

export function emit<K extends keyof Hooks>(event: K, subject: Subject<K>): void {
  for (const hooks of [...installed]) {
    try {
      ;(hooks[event] as ((subject: Subject<K>) => void) | undefined)?.call(hooks, subject)
    } catch (error) {
      uninstall(hooks)
      report(error)
    }
  }
}

/** Reports an error that nobody can be handed: as an unhandled rejection, once. */
export function report(error: unknown): void {
  void Promise.reject(error)
}
