import { BrokenError } from '../errors.ts'
import { cancelScope } from '../kernel/scope-tree.ts'
import { now } from './sleep.ts'
import type { ScopeNode } from '../kernel/records.ts'
import { snapshot } from '../kernel/snapshot.ts'
import { waitReport } from '../kernel/wait-report.ts'

interface HostProcess {
  exitCode?: number | string | undefined
  on?(event: string, listener: () => void): unknown
  removeListener?(event: string, listener: () => void): unknown
  exit?(code: number): never
}

const host: HostProcess | undefined = (globalThis as { process?: HostProcess }).process
const exitCodes = { SIGINT: 130, SIGTERM: 143 } as const

/** Calls `cancel` at the first SIGINT or SIGTERM and sets the exit code; the second one exits. */
export function onSignals(cancel: (signal: string) => void): () => void {
  let asked = false
  const undo = Object.entries(exitCodes).map(([signal, code]) =>
    listen(signal, () => {
      if (asked) host?.exit?.(code)
      asked = true
      if (host !== undefined) host.exitCode = code
      cancel(signal)
    }),
  )
  return () => {
    for (const stop of undo) stop()
  }
}

const message = 'run: deadlock; every task waited and nothing was left to wake one'

/**
 * When the event loop has nothing left to do while the tasks of `scope` still wait, says who waits for
 * what and cancels them, so that their cleanup runs.
 */
export function onDeadlock(scope: ScopeNode): () => void {
  return listen('beforeExit', () => {
    const report = waitReport(snapshot(scope), now())
    if (host !== undefined) host.exitCode = 1
    console.error(`corral: deadlock: nothing is left that could wake these tasks\n${report}`)
    cancelScope(scope, new BrokenError(message))
  })
}

/** Who listens, by event. The process has one listener for all of them, however many programs run. */
const listening = new Map<
  string,
  { readonly listeners: Set<() => void>; readonly all: () => void }
>()

function listen(event: string, listener: () => void): () => void {
  let heard = listening.get(event)
  if (heard === undefined) {
    const listeners = new Set<() => void>()
    const all = (): void => {
      for (const each of [...listeners]) each()
    }
    heard = { listeners, all }
    listening.set(event, heard)
    host?.on?.(event, all)
  }
  const { listeners, all } = heard
  listeners.add(listener)
  return () => {
    listeners.delete(listener)
    if (listeners.size > 0 || listening.get(event)?.all !== all) return
    listening.delete(event)
    host?.removeListener?.(event, all)
  }
}
