import { snapshot } from '../diagnostics/snapshot.ts'
import { isDeadlocked, waitReport } from '../diagnostics/wait-report.ts'
import { BrokenError, Cancelled, MisuseError } from '../errors.ts'
import { currentScope, currentTaskRecord, rootScope, systemRuntime } from '../kernel/current.ts'
import { requireDuration, requireFunction, requireSignal } from '../kernel/guard.ts'
import type { ScopeNode } from '../kernel/records.ts'
import { cancelScope } from '../kernel/cancellation.ts'
import { abortedBy, aSignalMayAbort, bindSignal } from './abort-signal.ts'
import { CancelScope } from './cancel-scope.ts'
import type { Body } from './cancel-scope.ts'
import { Nursery, nurseryOf } from './nursery.ts'
import { exitNow, exitWith, onDry, onMaybeDry, onSignals, stayAliveWhile } from './process.ts'
import { Program } from './program.ts'
import { now } from './sleep.ts'
import { openScope } from './scoped.ts'
import { spawnInto } from './spawn.ts'
import type { TaskNode } from './task-node.ts'

export interface RunOptions {
  /** A foreign signal: its abort cancels the program, and `run` throws `Cancelled` with its reason. */
  readonly signal?: AbortSignal
  /** SIGINT and SIGTERM ask the program to stop, and cancel it; the next one ends the process at once. Default true. */
  readonly handleSignals?: boolean
  /**
   * How long the program may go on after it was asked to stop, in milliseconds: `stopping()` is set, and it
   * can drain. When the grace is over, or at a second signal, it is cancelled. Default 0: at once.
   */
  readonly grace?: number
  /** How the main task is called in reports. Default `main`. */
  readonly name?: string
}

/**
 * Runs a program: `main` is its first task. When `main` has returned, the tasks it left behind are
 * cancelled and awaited, so that nothing is left running.
 *
 * When the event loop runs dry while tasks still wait, nothing will ever wake them: `run` prints who waits
 * for what, cancels the program, sets the exit code to 1 and throws.
 *
 * Cancellation: the first SIGINT or SIGTERM sets `stopping()`, and cancels the program when the grace is
 * over. If that cuts `main` short, the process exits with 130 or 143 as soon as the cleanup has ended, and
 * nothing after `run` is reached. A `main` that ends by itself returns its value and leaves the exit code
 * alone. A second signal within the grace cancels; one after the cancellation exits at once.
 *
 * @throws what `main` or one of its tasks throws first
 * @throws TaskCancelledError when `main` cancelled itself
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
  const { signal, grace = 0 } = options
  requireFunction('run: main', main)
  requireSignal('run: signal', signal)
  requireDuration('run: grace', grace)
  const outer = currentTaskRecord()
  if (outer === undefined) return program(rootScope, main, options, ofTheProcess)
  if (outer.scope.runtime === systemRuntime) {
    throw new MisuseError(`run: task ${outer.name} is inside a run already; await main() instead`)
  }
  return program(currentScope(), main, options) // in a test run, which has no process of its own
}

/** What ends the program from outside: signals, and an event loop that has run dry. */
function ofTheProcess(program: Program, { handleSignals = true }: RunOptions): (() => void)[] {
  if (!handleSignals) return [watchDry(program, () => false)]
  return [watchDry(program, () => program.stopAwaited), onSignals(program)]
}

/**
 * When the event loop runs dry nobody will ever wake those who wait, unless a signal may still come. The
 * process stays alive then; who waits for an AbortSignal is said, once.
 */
function watchDry({ scope }: Program, aStopMayCome: () => boolean): () => void {
  let stayingAlive: (() => void) | undefined
  let said = false
  const aSignalMayCome = (): boolean => aStopMayCome() || aSignalMayAbort()
  const stopListening = onDry(() => {
    if (!aSignalMayCome()) {
      cancelScope(scope, reportDeadlock(scope))
      return
    }
    if (!said && !aStopMayCome()) {
      said = true
      const report = waitReport(snapshot(scope), now())
      console.error(`corral: only an AbortSignal can still end these waits\n${report}`)
    }
    stayingAlive = stayAliveWhile(aSignalMayCome)
  })
  const stopLooking = onMaybeDry(() => {
    if (aSignalMayCome() || !isDeadlocked(snapshot(scope))) return
    cancelScope(scope, reportDeadlock(scope))
  })
  return () => {
    stopListening()
    stopLooking()
    stayingAlive?.()
  }
}

/** The life of a program below `root`, which what `watch` begins may end early. */
export async function program<T>(
  root: ScopeNode,
  main: Body<T>,
  options: RunOptions,
  watch: (program: Program, options: RunOptions) => (() => void)[] = () => [],
): Promise<T> {
  const { name = 'main', signal, grace = 0 } = options
  const scope = openScope('run', root)
  const nursery = new Nursery(scope)
  const asked = new Program(scope, grace)
  const stops = watch(asked, options)
  if (signal !== undefined) stops.push(bindSignal(scope, signal))
  const task = spawnInto(nursery, 'run', thenCancelTheRest(main), { name })
  const onChildEnded = (child: TaskNode): void => {
    if (child.state === 'rejected') nursery.fail(child.error)
    if (child === task) nursery.cancelChildren('the run has ended') // what shared objects still do
  }
  nursery.onChildEnded = onChildEnded
  try {
    await nursery.end()
  } finally {
    for (const stop of stops) stop()
    asked.ended()
  }
  if (task.state === 'fulfilled') return task.value as T
  if (asked.exitCode !== undefined) await exitNow(asked.exitCode)
  if (abortedBy(scope, signal)) throw new Cancelled(signal.reason)
  if (scope.reason instanceof BrokenError) throw scope.reason
  throw task.failure()
}

/** When main has returned, each task it left behind or still begins is cancelled; main's own value stands. */
function thenCancelTheRest<T>(main: Body<T>): () => Promise<T> {
  return async () => {
    const scope = currentScope()
    const value = await main(CancelScope.of(scope))
    nurseryOf(scope).cancelChildren('main has returned')
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
