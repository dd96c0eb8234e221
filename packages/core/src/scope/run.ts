import { snapshot } from '../diagnostics/snapshot.ts'
import { waitReport } from '../diagnostics/wait-report.ts'
import { BrokenError, Cancelled, MisuseError } from '../errors.ts'
import { currentTaskRecord, rootScope } from '../kernel/current.ts'
import { requireFunction, requireSignal } from '../kernel/guard.ts'
import type { ScopeNode } from '../kernel/records.ts'
import { cancelScope } from '../kernel/cancellation.ts'
import { abortedBy, aSignalMayAbort, bindSignal } from './abort-signal.ts'
import { openScope, scopeFor } from './cancel-scope.ts'
import type { Body } from './cancel-scope.ts'
import { Nursery } from './nursery.ts'
import { exitWith, onDry, onSignals, stayAliveWhile } from './process.ts'
import { now } from './sleep.ts'
import { spawnInto } from './spawn.ts'
import type { TaskNode } from './task-node.ts'

export interface RunOptions {
  /** A foreign signal: its abort cancels the program, and `run` throws `Cancelled` with its reason. */
  readonly signal?: AbortSignal
  /** SIGINT and SIGTERM cancel the program; the second one ends the process at once. Default true. */
  readonly handleSignals?: boolean
  /** How the main task is called in reports. Default `main`. */
  readonly name?: string
}

/**
 * Runs a program: `main` is its first task. When `main` has returned, the tasks it left behind are
 * cancelled and awaited, so that nothing is left running.
 *
 * When the event loop runs dry while tasks still wait, nobody will ever wake them: `run` prints who
 * waits for what, cancels the program, sets the exit code to 1 and throws.
 *
 * Cancellation: SIGINT or SIGTERM cancels the program and sets the exit code to 130 or 143; the result
 * is undefined when `main` was cut short by it. A second signal exits at once.
 *
 * @throws what `main` or one of its tasks throws first
 * @throws BrokenError after a deadlock
 * @throws MisuseError inside another `run`
 * @example
 * await run(async () => {
 *   await sleep(10)
 *   console.log('hello')
 * })
 * @see asyncio.run, trio.run
 */
export async function run<T>(main: Body<T>, options: RunOptions = {}): Promise<T> {
  const { signal } = options
  requireFunction('run: main', main)
  requireSignal('run: signal', signal)
  const outer = currentTaskRecord()
  if (outer !== undefined) {
    throw new MisuseError(`run: task ${outer.name} is inside a run already; await main() instead`)
  }
  return program(rootScope, main, options, (scope) => {
    const stops = watchDry(scope)
    if (options.handleSignals !== false) {
      stops.push(...onSignals((name) => cancelScope(scope, name)))
    }
    if (signal !== undefined) stops.push(bindSignal(scope, signal))
    return stops
  })
}

/**
 * When the event loop runs dry nobody will ever wake those who wait, unless a signal may still abort: then
 * that is said, once, and the process stays alive.
 */
function watchDry(scope: ScopeNode): (() => void)[] {
  let stayingAlive: (() => void) | undefined
  const dry = (): void => {
    if (!aSignalMayAbort()) {
      cancelScope(scope, reportDeadlock(scope))
    } else {
      if (stayingAlive === undefined) {
        const report = waitReport(snapshot(scope), now())
        console.error(`corral: only an AbortSignal can still end these waits\n${report}`)
      }
      stayingAlive = stayAliveWhile(aSignalMayAbort)
    }
  }
  return [onDry(dry), () => stayingAlive?.()]
}

/** The life of a program below `root`, which `watch` may end early. */
export async function program<T>(
  root: ScopeNode,
  main: Body<T>,
  { name = 'main', signal }: Pick<RunOptions, 'name' | 'signal'>,
  watch: (scope: ScopeNode) => (() => void)[] = () => [],
): Promise<T> {
  const nursery = new Nursery(openScope('run', root))
  const { scope } = nursery
  const stops = watch(scope)
  const task = spawnInto(nursery, 'run', cancelLeftovers(main), { name })
  try {
    await nursery.end()
  } finally {
    for (const stop of stops) stop()
  }
  if (task.state === 'cancelled') {
    if (abortedBy(scope, signal)) throw new Cancelled(signal.reason)
    if (scope.reason instanceof BrokenError) throw scope.reason
  }
  return task.value as T
}

/** When main has returned, each task it left behind or still begins is cancelled; main's own value stands. */
function cancelLeftovers<T>(main: Body<T>): () => Promise<T> {
  return async () => {
    const { scope, nursery } = currentTaskRecord() as TaskNode
    const value = await main(scopeFor(scope, main))
    nursery.closeToNew('main has returned')
    return value
  }
}

/**
 * Says which tasks below `scope` wait for what, when nothing is left that could wake one. What it gives is
 * why they are to be cancelled, so that their cleanup runs.
 */
export function reportDeadlock(scope: ScopeNode): BrokenError {
  exitWith(1)
  const report = waitReport(snapshot(scope), now())
  console.error(`corral: deadlock: nothing is left that could wake these tasks\n${report}`)
  return new BrokenError('run: deadlock; every task waited and nothing was left to wake one')
}
