import { MisuseError } from '../errors.ts'
import { currentScope, currentTaskRecord } from '../kernel/current.ts'
import { requireDuration, requireFunction, requireMoment, requireLimit } from '../kernel/guard.ts'
import { childrenOf } from '../kernel/scope-tree.ts'
import { snapshot, startsTask } from '../kernel/snapshot.ts'
import { program } from '../scope/run.ts'
import { Driver } from './driver.ts'
import { TestFailure } from './test-failure.ts'
import { waitAllBlocked } from './wait-all-blocked.ts'

export interface TestRunOptions {
  /** Of the runtime's random numbers. Default 1. */
  readonly seed?: number
  /** Where virtual time begins, in milliseconds since the epoch. Default 0. */
  readonly startTime?: number
  /**
   * What becomes of a wait for something foreign, such as real I/O: `wait` (default) gives it real time
   * before virtual time moves on, `error` gives it two rounds of the event loop.
   */
  readonly foreign?: 'wait' | 'error'
  /** How long something foreign that is in flight is waited for, in real milliseconds. Default 5000. */
  readonly patience?: number
  /** What becomes of tasks that still run when `main` has returned: `error` (default), or `cancel` as `run` does. */
  readonly leftovers?: 'error' | 'cancel'
  /** How many wakes and jumps of time before it is a livelock. Default 5 000 000. */
  readonly maxSteps?: number
  /** How the main task is called in reports. Default `main`. */
  readonly name?: string
}

/**
 * Runs `main` in a world of its own: virtual time that jumps to the next timer when everybody waits,
 * random numbers from a seed, task ids from 1. An hour of sleeps takes no time, and no run disturbs another.
 *
 * Cancellation: none from outside; the run cancels `main` when it fails, so that its cleanup runs.
 *
 * @throws what `main` throws
 * @throws TestFailure for a deadlock, with who waits for what; for tasks, waits, locks and timers left
 * over, with their names; for a program that never comes to rest
 * @example
 * await testRun(async () => {
 *   await sleep(3_600_000)
 *   now() // 3600000
 * })
 * @see trio.testing.MockClock, Go's testing/synctest
 */
export async function testRun<T>(
  main: () => PromiseLike<T> | T,
  options: TestRunOptions = {},
): Promise<T> {
  check(main, options)
  const { leftovers = 'error', name = 'main' } = options
  const driver = new Driver({
    seed: options.seed ?? 1,
    startTime: options.startTime ?? 0,
    foreign: options.foreign ?? 'wait',
    patience: options.patience ?? 5000,
    maxSteps: options.maxSteps ?? 5_000_000,
  })
  const body = async (): Promise<T> => {
    const value = await main()
    if (leftovers === 'error') await findLeftovers(driver)
    return value
  }
  let value: T
  try {
    value = await driver.drive(program(driver.root, body, { name }))
  } catch (error) {
    throw verdict(driver, error)
  }
  if (driver.failure !== undefined) throw driver.failure
  const leaks = driver.leaks.list()
  if (leaks.length === 0) return value
  throw new TestFailure('LEAK', `testRun: ${name} left over`, leaks.join('\n'))
}

/** Looks for tasks of main's that still live; those that can end by themselves at this moment may. */
async function findLeftovers(driver: Driver): Promise<void> {
  const scope = currentScope()
  if (scope.firstChild === undefined) return
  await waitAllBlocked()
  const views = new Map(snapshot(scope).map((view) => [view.id, view]))
  for (const { task } of childrenOf(scope).filter(startsTask)) {
    if (task === undefined) continue
    const waits = views.get(task.id)?.waits ?? []
    driver.leaks.addTask(
      task,
      waits.map((wait) => wait.kind),
    )
  }
}

/** The failure of the run comes first; what the cleanup threw because of it is kept with it. */
function verdict({ failure }: Driver, error: unknown): unknown {
  if (failure === undefined || error instanceof TestFailure) return error
  if (!(error instanceof Error && error.name === 'AbortError')) {
    Object.defineProperty(failure, 'suppressed', { value: [error], enumerable: true })
  }
  return failure
}

function check(main: unknown, options: TestRunOptions): void {
  requireFunction('testRun: main', main)
  if (options.startTime !== undefined) requireMoment('testRun: startTime', options.startTime)
  if (options.patience !== undefined) requireDuration('testRun: patience', options.patience)
  if (options.maxSteps !== undefined) requireLimit('testRun: maxSteps', options.maxSteps)
  const outer = currentTaskRecord()
  if (outer !== undefined) {
    throw new MisuseError(
      `testRun: task ${outer.name} is inside a run already; call testRun outside of it`,
    )
  }
}
