import type { TestRunOptions } from '../run/test-run.ts'
import type { StrategyName } from './strategy.ts'

export interface ExploreOptions extends TestRunOptions {
  /** How many schedules are tried, at the most. Default 1000. */
  readonly budget?: number
  /**
   * What is tried after first come, first served, and in which order. Default `delay`, `time`, `delays`,
   * `exhaustive` (for a small program), `pct`, `random`. `cancel`, `timeout` and `fail` make things go wrong.
   */
  readonly strategies?: readonly StrategyName[]
  /** Run just this schedule: what a report printed, such as `d1@4`. */
  readonly replay?: string
  /** Write the timeline of a failure into this file. */
  readonly html?: string
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
  /** Each strategy with how many schedules it tried, and whether these were all it has. */
  readonly strategies: readonly {
    readonly name: StrategyName
    readonly schedules: number
    readonly complete: boolean
  }[]
}
