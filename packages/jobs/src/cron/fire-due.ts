import type { JobStore } from '../store/job-store.ts'
import { firingOf } from './due.ts'

/** Fires the schedules that are due, once among all who try. @returns until the next one is, in milliseconds */
export async function fireDue(store: JobStore): Promise<number> {
  if (!store.capabilities.has('cron')) return Infinity
  const { now, schedules } = await store.schedules()
  let next = Infinity
  for (const schedule of schedules) {
    const firing = firingOf(schedule, now)
    const nextAt = firing?.nextAt ?? schedule.nextAt
    next = Math.min(next, nextAt - now)
    if (firing === undefined) continue
    await store.fire(schedule.name, schedule.nextAt, firing.nextAt, firing.jobs)
  }
  return Math.max(0, next)
}
