import type { NewJob, ScheduleRecord } from '../store/records.ts'
import { nextTime } from './next-time.ts'

/** A time that is later than this is one that was missed, in milliseconds. */
const tolerance = 10_000
/** As many are made up for at a time. */
const most = 1000

/** What becomes of a schedule that is due: the jobs to be added, and when it is due again. */
export interface Firing {
  readonly jobs: readonly NewJob[]
  readonly nextAt: number
}

/** @returns undefined when it is not due */
export function firingOf(schedule: ScheduleRecord, now: number): Firing | undefined {
  const { expression, timezone, missed, job, nextAt } = schedule
  if (nextAt > now) return undefined
  const after = (time: number): number => nextTime(expression, timezone, time)
  const at = (scheduledFor: number): NewJob => ({ ...job, scheduledFor })
  if (missed === 'one') return { jobs: [at(nextAt)], nextAt: after(now) }
  if (missed === 'none') {
    const isMissed = now - nextAt > tolerance
    return { jobs: isMissed ? [] : [at(nextAt)], nextAt: after(isMissed ? now : nextAt) }
  }
  const jobs: NewJob[] = []
  let time = nextAt
  for (; time <= now && jobs.length < most; time = after(time)) jobs.push(at(time))
  return { jobs, nextAt: time }
}
