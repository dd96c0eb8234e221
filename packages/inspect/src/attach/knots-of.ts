import { waitKnots, type Knot } from 'corral/lowlevel'
import type { Reading } from '../agent/reading.ts'
import { taskViewsOf } from './task-views-of.ts'

/**
 * The circles in which tasks of a reading wait for each other. All whom somebody waits for are listed in a reading, so that none
 * is missed; a join with children that are not listed counts as alive.
 */
export function knotsOf(reading: Pick<Reading, 'rows'>): readonly Knot[] {
  return waitKnots(taskViewsOf(reading))
}
