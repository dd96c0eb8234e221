import type { StrategyName } from '../../../src/testing.ts'

/** A bug that a public library had, as a small program of ours. */
export interface Ported {
  /** Where it was reported. */
  readonly issue: string
  readonly what: string
  /** The program; with `mended` the part that was wrong is as it was mended, or should be. */
  readonly program: (mended: boolean) => () => Promise<unknown>
  /** Where the usual strategies cannot find it. */
  readonly strategies?: readonly StrategyName[]
}
