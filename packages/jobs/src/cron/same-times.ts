import type { ScheduleRecord } from '../store/records.ts'

/** Whether two schedules come at the same times: then the one that is set anew goes on where the other stood. */
export function sameTimes(a: ScheduleRecord, b: ScheduleRecord): boolean {
  return a.expression === b.expression && a.timezone === b.timezone
}
