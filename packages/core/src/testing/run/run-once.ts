import { snapshot } from '../../diagnostics/snapshot.ts'
import { currentScope } from '../../kernel/current.ts'
import { countScheduler } from '../../kernel/records.ts'
import { childrenOf, isTaskScope } from '../../kernel/scope-tree.ts'
import { program } from '../../scope/run.ts'
import { Driver } from './driver.ts'
import type { FaultInjector } from '../net/fault-injector.ts'
import type { Schedule } from './schedule.ts'
import { TestFailure } from './test-failure.ts'
import { waitAllBlocked } from './wait-all-blocked.ts'

export interface DriverOptions {
  readonly api: string
  readonly seed: number
  readonly startTime: number
  readonly foreign: 'wait' | 'error'
  readonly patience: number
  readonly maxSteps: number
  /** Decides which wake-up takes effect next, one at a time. Without it each does at once. */
  readonly schedule?: Schedule | undefined
  /** What goes wrong on purpose. */
  readonly faults?: FaultInjector | undefined
  /** The trace is kept. */
  readonly record?: boolean
}

export interface RunOnceOptions extends DriverOptions {
  readonly name: string
  readonly leftovers: 'error' | 'cancel'
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
  const { api, name, leftovers } = options
  countScheduler(1)
  const driver = new Driver(options)
  const body = async (): Promise<T> => {
    const value = await main()
    driver.ended()
    if (leftovers === 'error') await findLeftovers(driver)
    return value
  }
  let value: T
  try {
    value = await driver.drive(program(driver.root, body, { name, grace: Infinity }))
  } catch (error) {
    return { ok: false, error: failureOf(driver, error), driver }
  } finally {
    countScheduler(-1)
  }
  if (driver.failure !== undefined) return { ok: false, error: driver.failure, driver }
  const leaks = driver.leaks.list()
  if (leaks.length === 0) return { ok: true, value, driver }
  const error = new TestFailure(
    'LEAK',
    `${api}: ${name} has ended and left something behind`,
    leaks.join('\n'),
  )
  return { ok: false, error, driver }
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
function failureOf({ failure }: Driver, error: unknown): unknown {
  if (failure === undefined || error === failure || error instanceof TestFailure) return error
  if (Object.isExtensible(failure) && !(error instanceof Error && error.name === 'AbortError')) {
    Object.defineProperty(failure, 'suppressed', { value: [error], enumerable: true })
  }
  return failure
}
