import { BrokenError } from '../errors.ts'
import type { ScopeNode } from '../kernel/records.ts'
import { snapshot } from '../kernel/snapshot.ts'
import { waitReport } from '../kernel/wait-report.ts'
import { exitWith } from './process.ts'
import { now } from './sleep.ts'

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
