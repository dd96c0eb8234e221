import { MisuseError } from '../../errors.ts'
import { currentTaskRecord } from '../../kernel/current.ts'
import {
  requireCount,
  requireDuration,
  requireFunction,
  requireLimit,
  requireMoment,
  requireName,
  requireWord,
} from '../../kernel/guard.ts'
import { scopesTravel } from '../../kernel/platform.ts'
import { runOnce } from './run-once.ts'
import type { RunOnceOptions } from './run-once.ts'

export interface TestRunOptions {
  /** Of the runtime's random numbers. Default 1. */
  readonly seed?: number
  /** Where virtual time begins, in milliseconds since the epoch. Default 0. */
  readonly startTime?: number
  /**
   * What becomes of a wait for something foreign, such as real I/O: `wait` (default) gives it real time
   * before virtual time moves on; `error` moves time on, and fails when nothing else is left.
   */
  readonly foreign?: 'wait' | 'error'
  /**
   * Whose time `Date`, `performance.now`, `setTimeout`, `setInterval`, `setImmediate`, `timers/promises` and
   * `AbortSignal.timeout` tell inside the run, also in the libraries it calls: `virtual` (default), or `real`.
   */
  readonly platform?: 'virtual' | 'real'
  /** After how many real milliseconds it is given up, with a report of who waits for what. Default: never. */
  readonly timeLimit?: number
  /** How long something foreign that is in flight is waited for, in real milliseconds. Default 2000. */
  readonly patience?: number
  /** What becomes of tasks that still run when `main` has returned: `error` (default), or `cancel` as `run` does. */
  readonly leftovers?: 'error' | 'cancel'
  /**
   * What becomes of a promise that is rejected and that nobody handles: `error` (default) fails the run; `report`
   * lets the process's `unhandledRejection` be told, as without a run.
   */
  readonly unhandled?: 'error' | 'report'
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
  const trial = await runOnce(main, trialOptions('testRun', main, options))
  if (trial.ok) return trial.value
  throw trial.error
}

/** The options of one run with their defaults, checked. */
export function trialOptions(api: string, main: unknown, options: TestRunOptions): RunOnceOptions {
  requireFunction(`${api}: main`, main)
  if (!scopesTravel) {
    throw new MisuseError(
      `${api}: no scope travels along the awaits here, so that it cannot know what belongs to the run; test in Node, Bun or Deno`,
    )
  }
  const { seed = 1, startTime = 0, patience = 2000, maxSteps = 5_000_000 } = options
  requireMoment(`${api}: startTime`, startTime)
  requireDuration(`${api}: patience`, patience)
  requireLimit(`${api}: maxSteps`, maxSteps)
  const outer = currentTaskRecord()
  if (outer !== undefined) {
    throw new MisuseError(
      `${api}: task ${outer.name} is inside a run already; call ${api} outside of it`,
    )
  }
  const { foreign = 'wait', leftovers = 'error', name = 'main' } = options
  const { platform = 'virtual', timeLimit = Infinity, unhandled = 'error' } = options
  requireDuration(`${api}: timeLimit`, timeLimit)
  requireWord(`${api}: platform`, platform, ['virtual', 'real'])
  requireWord(`${api}: unhandled`, unhandled, ['error', 'report'])
  requireWord(`${api}: foreign`, foreign, ['wait', 'error'])
  requireWord(`${api}: leftovers`, leftovers, ['error', 'cancel'])
  requireName(`${api}: name`, name)
  if (!Number.isSafeInteger(seed)) requireCount(`${api}: seed`, seed, Number.MIN_SAFE_INTEGER)
  const time = { startTime, patience, timeLimit, platform }
  return { api, seed, ...time, maxSteps, foreign, leftovers, unhandled, name }
}
