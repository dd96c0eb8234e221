import type { TestRunOptions } from '../run/test-run.ts'
import type { StrategyName } from './strategy.ts'

export interface ExploreOptions extends TestRunOptions {
  /** How many schedules are tried, at the most. Default 1000. */
  readonly budget?: number
  /**
   * What is tried after first come, first served. Default `delay`, `time`, `delays`, `exhaustive` (for a small
   * program), `fail` (for one with failpoints), `pct`, `random`. `cancel` and `timeout` make more go wrong.
   */
  readonly strategies?: readonly StrategyName[]
  /**
   * How late a wake-up may be, in milliseconds of virtual time. Default: as long as the usual run takes, or its
   * longest timer, whichever is more: that much the program must allow for. A minute at the most.
   */
  readonly lateness?: number
  /** Run just this schedule: what a report printed, such as `d1@4`. */
  readonly replay?: string
  /** Write the timeline of a failure into this file. */
  readonly html?: string
  /** Write a failure into this folder, as a page and as JSON, to be kept. */
  readonly artifacts?: string
  /** How many worker threads share the schedules. Default: none, all run in this thread. More than one needs `module`. */
  readonly workers?: number
  /**
   * The module that exports `main` by its name, for workers to load: a URL such as
   * `import.meta.resolve('./transfer.ts')`. It must not call `explore` itself.
   */
  readonly module?: string | URL
}

/** What was tried without finding anything. */
export interface Explored {
  /** How many schedules were run. */
  readonly schedules: number
  /** How late a wake-up was in them, in milliseconds of virtual time, at the most. */
  readonly lateness: number
  /** Every order was run in which no wake-up is later than this, if so; `Infinity` if there are no others. */
  readonly completeUpTo?: number
  /** Each strategy with how many schedules it tried, and whether these were all it has up to that lateness. */
  readonly strategies: readonly {
    readonly name: StrategyName
    readonly schedules: number
    readonly complete: boolean
  }[]
}
