import { budgetLeft } from '../kernel/settle.ts'
import { clearTimeout, runOutside, setTimeout } from '../kernel/platform.ts'
import type { Program } from './program.ts'
import { SharedListener } from './shared-listener.ts'

interface HostStream {
  readonly writableLength: number
}

interface HostProcess {
  exitCode?: number | string | undefined
  readonly stdout?: HostStream
  readonly stderr?: HostStream
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

/** Hands SIGINT and SIGTERM to a program, until the function returned is called. One that finds it cancelled already exits. */
export function onSignals(program: Program): () => void {
  const stops = signals.map(({ name, code, event }) =>
    event.listen(() => {
      if (!program.interrupt(name, code)) host?.exit?.(code)
    }),
  )
  return () => {
    for (const stop of stops) stop()
  }
}

/** Calls `listener` when the event loop has nothing left to do: the process is about to end. */
export function onDry(listener: () => void): () => void {
  return beforeExit.listen(listener)
}

/** How often it is asked whether the process must stay alive, in milliseconds. */
const STAY = 1000

interface Host {
  Bun?: object
  Deno?: { unrefTimer?(timer: unknown): void }
}

/**
 * Calls `look` now and then, where the event loop is not said to run dry while the top of a module awaits: on Bun
 * and Deno. It keeps nothing alive.
 */
export function onMaybeDry(look: () => void): () => void {
  const { Bun, Deno } = globalThis as Host
  if (Bun === undefined && Deno === undefined) return () => {}
  let timer: ReturnType<typeof setTimeout> | undefined
  const again = (before: number): void => {
    timer = runOutside(
      setTimeout,
      () => {
        const left = budgetLeft()
        if (left === before) look() // nobody has gone on since
        again(left)
      },
      STAY,
    )
    ;(timer as { unref?(): void }).unref?.()
    Deno?.unrefTimer?.(timer)
  }
  again(budgetLeft())
  return () => clearTimeout(timer)
}

/** Has the process end with this code, when it ends. */
export function exitWith(code: number): void {
  if (host !== undefined) host.exitCode = code
}

/** How long a reader of our output may take nothing before we go without it, in milliseconds: a busy one is given time. */
const STALLED = 10_000
const LOOK = 10

/** Ends the process once what it has written is out, unless nobody reads it. Comes back only where there is no process. */
export async function exitNow(code: number): Promise<void> {
  if (host?.exit === undefined) return
  exitWith(code)
  const unread = (): number =>
    (host.stdout?.writableLength ?? 0) + (host.stderr?.writableLength ?? 0)
  let left = unread()
  for (let stalled = 0; left > 0 && stalled < STALLED; stalled += LOOK) {
    await new Promise((resolve) => runOutside(setTimeout, resolve, LOOK))
    if (unread() < left) stalled = 0
    left = unread()
  }
  host.exit(code)
}

/** Keeps the event loop from running dry for as long as `needed` says so, or until the function returned is called. */
export function stayAliveWhile(needed: () => boolean): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined
  const look = (): void => {
    timer = needed() ? runOutside(setTimeout, look, STAY) : undefined
  }
  look()
  return () => clearTimeout(timer)
}
