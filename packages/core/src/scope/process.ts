import { clearTimeout, runOutside, setTimeout } from '../kernel/platform.ts'
import { SharedListener } from './shared-listener.ts'

interface HostProcess {
  exitCode?: number | string | undefined
  on?(event: string, listener: () => void): unknown
  removeListener?(event: string, listener: () => void): unknown
  exit?(code: number): never
}

const host: HostProcess | undefined = (globalThis as { process?: HostProcess }).process

function event(name: string): SharedListener {
  return new SharedListener(
    (listener) => host?.on?.(name, listener),
    (listener) => host?.removeListener?.(name, listener),
  )
}

const beforeExit = event('beforeExit')
const signals = [
  { name: 'SIGINT', code: 130, event: event('SIGINT') },
  { name: 'SIGTERM', code: 143, event: event('SIGTERM') },
]

/** Calls `cancel` at the first SIGINT or SIGTERM and sets the exit code; the second one exits. */
export function onSignals(cancel: (signal: string) => void): (() => void)[] {
  let asked = false
  return signals.map(({ name, code, event }) =>
    event.listen(() => {
      if (asked) host?.exit?.(code)
      asked = true
      exitWith(code)
      cancel(name)
    }),
  )
}

/** Calls `listener` when the event loop has nothing left to do: the process is about to end. */
export function onDry(listener: () => void): () => void {
  return beforeExit.listen(listener)
}

/** Has the process end with this code, when it ends. */
export function exitWith(code: number): void {
  if (host !== undefined) host.exitCode = code
}

/** How often it is asked whether the process must stay alive, in milliseconds. */
const STAY = 1000

/** Keeps the event loop from running dry for as long as `needed` says so, or until the function returned is called. */
export function stayAliveWhile(needed: () => boolean): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined
  const look = (): void => {
    timer = needed() ? runOutside(setTimeout, look, STAY) : undefined
  }
  look()
  return () => clearTimeout(timer)
}
