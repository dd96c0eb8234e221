import { snapshot } from '../../diagnostics/snapshot.ts'
import { isCancelled } from '../../errors.ts'
import { currentScope, register } from '../../kernel/current.ts'
import { macrotask } from '../../kernel/platform.ts'
import { countScheduler } from '../../kernel/records.ts'
import { childrenOf, isTaskScope } from '../../kernel/scope-tree.ts'
import { program } from '../../scope/run.ts'
import type { FaultInjector } from '../net/fault-injector.ts'
import { Driver } from './driver.ts'
import type { Schedule } from './schedule.ts'
import { showThrown } from './show-value.ts'
import { TestFailure } from './test-failure.ts'
import { onUnhandledRejection } from './unhandled-rejections.ts'
import { installVirtualPlatform } from './virtual-platform.ts'
import { waitAllBlocked } from './wait-all-blocked.ts'

export interface DriverOptions {
  readonly api: string
  readonly seed: number
  readonly startTime: number
  readonly foreign: 'wait' | 'error'
  readonly patience: number
  readonly platform: 'virtual' | 'real'
  readonly maxSteps: number
  /** In real milliseconds. */
  readonly timeLimit?: number | undefined
  /** Decides which wake-up takes effect next, one at a time. Without it each does at once. */
  readonly schedule?: Schedule | undefined
  /** How late a wake-up may be, in milliseconds of virtual time. Without it, as late as the schedule wants. */
  readonly lateness?: number | undefined
  /** What goes wrong on purpose. */
  readonly faults?: FaultInjector | undefined
  /** The trace is kept. */
  readonly record?: boolean
  /** It is noted where waits are begun. */
  readonly places?: boolean
}

export interface RunOnceOptions extends DriverOptions {
  readonly name: string
  readonly leftovers: 'error' | 'cancel'
  readonly unhandled: 'error' | 'report'
}

/** How one run of a program went. */
export type RunResult<T> =
  | { readonly ok: true; readonly value: T; readonly driver: Driver }
  | { readonly ok: false; readonly error: unknown; readonly driver: Driver }

/** Runs a program once, in a world of its own. Never rejects. */
export async function runOnce<T>(
  main: () => PromiseLike<T> | T,
  options: RunOnceOptions,
): Promise<RunResult<T>> {
  if (options.platform === 'virtual') installVirtualPlatform()
  countScheduler(1)
  const driver = new Driver(options)
  try {
    return await runWith(driver, main, options)
  } finally {
    driver[Symbol.dispose]() // no `using`: a Node that is too old could not even read this file, and say so
  }
}

async function runWith<T>(
  driver: Driver,
  main: () => PromiseLike<T> | T,
  options: RunOnceOptions,
): Promise<RunResult<T>> {
  const { api, name, leftovers } = options
  const unhandled: unknown[] = []
  const onUnhandled = (reason: unknown): void => {
    if (!isCancelled(reason)) unhandled.push(reason) // that is how a wait ends which nobody awaits
  }
  const stop =
    options.unhandled === 'report' ? undefined : onUnhandledRejection(driver.runtime, onUnhandled)
  const unregister = register(driver.root)
  const body = async (): Promise<T> => {
    const value = await main()
    driver.outcome.ended()
    if (leftovers === 'error') await findLeftovers(driver)
    return value
  }
  let value: T
  try {
    value = await driver.drive(program(driver.root, body, { name, grace: Infinity }))
  } catch (error) {
    return { ok: false, error: failureOf(driver, error), driver }
  } finally {
    if (stop !== undefined) await new Promise<void>(macrotask) // Node tells of them only then
    stop?.()
    unregister()
    countScheduler(-1)
  }
  const { failure } = driver.outcome
  if (failure !== undefined) return { ok: false, error: failure, driver }
  if (unhandled.length > 0) return { ok: false, error: unhandledIn(api, unhandled), driver }
  const leaks = driver.leaks.list()
  if (leaks.length === 0) return { ok: true, value, driver }
  const message = `${api}: ${name} has ended and left something behind`
  return { ok: false, error: new TestFailure('LEAK', message, leaks.join('\n')), driver }
}

function unhandledIn(api: string, [reason, ...others]: readonly unknown[]): TestFailure {
  const stack = reason instanceof Error ? (reason.stack ?? '') : ''
  const more = others.length === 0 ? '' : `, and ${others.length} more`
  const message = `${api}: a rejection that nobody handles: ${showThrown(reason)}${more}`
  const where = stack.split('\n').filter((line) => /^\s+at /.test(line))
  return new TestFailure('UNHANDLED', message, where.slice(0, 4).join('\n'), { cause: reason })
}

/** Looks for tasks of main's that still live; those that can end by themselves at this moment may. */
async function findLeftovers(driver: Driver): Promise<void> {
  const scope = currentScope()
  if (scope.firstChild === undefined) return
  await waitAllBlocked()
  const views = new Map(snapshot(scope).map((view) => [view.id, view]))
  for (const { task } of childrenOf(scope).filter(isTaskScope)) {
    if (task === undefined) continue
    const waits = views.get(task.id)?.waits ?? []
    driver.leaks.addTask(
      task,
      waits.map((wait) => wait.kind),
    )
  }
}

/** The failure of the run comes first; what the cleanup threw because of it is kept with it. */
function failureOf({ outcome: { failure } }: Driver, error: unknown): unknown {
  if (failure === undefined || error === failure || error instanceof TestFailure) return error
  if (Object.isExtensible(failure) && !(error instanceof Error && error.name === 'AbortError')) {
    Object.defineProperty(failure, 'suppressed', { value: [error], enumerable: true })
  }
  return failure
}
