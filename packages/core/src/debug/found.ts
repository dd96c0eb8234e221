import type { TaskRecord } from '../kernel/records.ts'
import type { CallSite } from './call-site.ts'

/** What a warning is about. */
export type DebugWarningCode =
  | 'SWALLOWED'
  | 'UNSHIELDED'
  | 'FORGOTTEN'
  | 'OUTLIVED'
  | 'OVERDUE'
  | 'SLOW'

/** Told of a thing that should not be so: in which task, and what to do about it. */
export type Found = (
  code: DebugWarningCode,
  task: TaskRecord,
  what: string,
  site?: CallSite,
) => void
