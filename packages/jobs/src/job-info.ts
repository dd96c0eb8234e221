import { fromJson } from './job/json.ts'
import type { JobRecord } from './store/records.ts'

/** A job as it is shown: its record, with what is JSON there read. */
export type JobInfo = Omit<JobRecord, 'payload' | 'progress' | 'result'> & {
  readonly input: unknown
  readonly progress: unknown
  readonly result: unknown
}

export function jobInfo({ payload, progress, result, ...record }: JobRecord): JobInfo {
  return {
    ...record,
    input: fromJson(payload),
    progress: fromJson(progress),
    result: fromJson(result),
  }
}
