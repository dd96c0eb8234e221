/// <reference types="node" preserve="true" />

export { JobsError, PermanentError } from './errors.ts'
export type { JobsErrorCode } from './errors.ts'
export { JobHandle } from './job-handle.ts'
export type { JobInfo } from './job-info.ts'
export { declareJob, Job, job } from './job/job.ts'
export type {
  AddOptions,
  AnyJob,
  JobHandler,
  JobOptions,
  KeepOptions,
  LimitOptions,
} from './job/job.ts'
export { Jobs, openJobs } from './jobs.ts'
export type { AddInOptions, CronOptions, OpenJobsOptions } from './jobs.ts'
export { memoryStore } from './memory/memory-store.ts'
export { postgresStore } from './postgres/postgres-store.ts'
export type { PostgresStoreOptions } from './postgres/postgres-store.ts'
export { sqliteStore } from './sqlite/sqlite-store.ts'
export type { JobState } from './state/job-state.ts'
export type { Capability } from './store/capability.ts'
export type {
  Claimed,
  ClaimRequest,
  Hint,
  JobStore,
  Membership,
  Source,
  StoreFactory,
} from './store/job-store.ts'
export type {
  Added,
  ClaimedJob,
  Failure,
  JobFilter,
  JobRecord,
  Limit,
  NewJob,
  Outcome,
  QueueSettings,
  QueueStats,
  Rate,
  ScheduleRecord,
  StepRecord,
  WorkerRecord,
  WorkerView,
} from './store/records.ts'
export { JobRun } from './worker/job-run.ts'
export type { WorkEvent, WorkOptions } from './worker/work-options.ts'
