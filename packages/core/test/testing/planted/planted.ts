import type { StrategyName } from '../../../src/testing.ts'

/** A program with a bug in it that its usual run hides, and the same program mended. */
export interface Planted {
  /** What is wrong, in a sentence. */
  readonly what: string
  /** The program; with `mended` the bug is gone. It throws, hangs or leaks when the bug bites. */
  readonly program: (mended: boolean) => () => Promise<unknown>
  /** How many delays or faults the bug needs. */
  readonly needs: number
  /** Where the usual strategies cannot find it. */
  readonly strategies?: readonly StrategyName[]
}
