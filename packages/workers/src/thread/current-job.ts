import type { ThreadJob } from './thread-job.ts'

let current: ThreadJob | undefined

/** What this thread works on; undefined between jobs and outside of a pool's thread. */
export function currentJob(): ThreadJob | undefined {
  return current
}

export function setCurrentJob(job: ThreadJob | undefined): void {
  current = job
}
