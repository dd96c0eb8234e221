import type { JobRecord, StepRecord } from '@corral/jobs'

/** A job as JSON, with what is JSON in its record as values: the names are those of `JobInfo`. */
export function printedJob({ payload, progress, result, ...job }: JobRecord): object {
  return { ...job, input: valueOf(payload), progress: valueOf(progress), result: valueOf(result) }
}

export function printedStep({ value, ...step }: StepRecord): object {
  return { ...step, value: valueOf(value) }
}

/** `undefined` is the empty text in a store. */
function valueOf(text: string | undefined): unknown {
  return text === undefined || text === '' ? undefined : JSON.parse(text)
}
