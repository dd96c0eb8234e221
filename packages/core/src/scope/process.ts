import { listen } from './listen.ts'

interface HostProcess {
  exitCode?: number | string | undefined
  on?(event: string, listener: () => void): unknown
  removeListener?(event: string, listener: () => void): unknown
  exit?(code: number): never
}

const host: HostProcess | undefined = (globalThis as { process?: HostProcess }).process
const exitCodes = { SIGINT: 130, SIGTERM: 143 } as const

/** Calls `cancel` at the first SIGINT or SIGTERM and sets the exit code; the second one exits. */
export function onSignals(cancel: (signal: string) => void): (() => void)[] {
  let asked = false
  return Object.entries(exitCodes).map(([signal, code]) =>
    on(signal, () => {
      if (asked) host?.exit?.(code)
      asked = true
      exitWith(code)
      cancel(signal)
    }),
  )
}

/** Calls `listener` when the event loop has nothing left to do: the process is about to end. */
export function onDry(listener: () => void): () => void {
  return on('beforeExit', listener)
}

/** Has the process end with this code, when it ends. */
export function exitWith(code: number): void {
  if (host !== undefined) host.exitCode = code
}

function on(event: string, listener: () => void): () => void {
  return listen(
    event,
    {
      add: (all) => host?.on?.(event, all),
      remove: (all) => host?.removeListener?.(event, all),
    },
    listener,
  )
}
