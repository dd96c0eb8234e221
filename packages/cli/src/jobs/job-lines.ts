import type { JobRecord, StepRecord } from '@corral/jobs'
import { formatColumns } from '../format/format-columns.ts'
import { formatDuration } from '../format/format-duration.ts'
import { printable } from '../format/printable.ts'
import { shorten } from '../format/shorten.ts'

/** Jobs as a table for a terminal. */
export function jobTable(jobs: readonly JobRecord[], now: number): string[] {
  const rows = jobs.map((job) => [
    job.id,
    stateOf(job),
    printable(job.kind),
    `${job.attempt}/${job.attempts}`,
    whenOf(job, now),
    noteOf(job),
  ])
  return formatColumns([['id', 'state', 'kind', 'tries', 'when', ''], ...rows])
}

/** All that is known of a job, for a terminal. */
export function jobDetails(job: JobRecord, steps: readonly StepRecord[], now: number): string[] {
  const about: (readonly [string, string | undefined])[] = [
    ['job', job.id],
    ['state', stateOf(job)],
    ['kind', job.kind],
    ['queue', job.queue],
    [
      'attempts',
      `${job.attempt} of ${job.attempts}, claimed ${job.run === 1 ? 'once' : `${job.run} times`}`,
    ],
    ['priority', job.priority === 0 ? undefined : String(job.priority)],
    ['unique', job.unique],
    ['limit', job.limitKey],
    ['waits for', job.pending === 0 ? undefined : `${job.pending} jobs`],
    ['worker', job.worker],
    ['added', timeOf(job.addedAt)],
    ['may begin', job.state === 'later' ? timeOf(job.runAt) : undefined],
    ['started', timeOf(job.startedAt)],
    ['ended', timeOf(job.endedAt)],
    ['progress', job.progress],
    ['input', job.payload],
    ['result', job.result],
  ]
  const shown = about.flatMap(([name, value]) => {
    return value === undefined ? [] : [[name, printable(value)]]
  })
  return [
    ...formatColumns(shown),
    ...steps.map(({ name, value }) => printable(`step ${name}: ${value}`)),
    ...job.failures.flatMap(({ attempt, at, name, message, stack }) => [
      '',
      printable(`attempt ${attempt}, ${formatDuration(now - at)} ago: ${name}: ${message}`),
      ...(stack ?? '')
        .split('\n')
        .slice(1)
        .map((line) => `  ${printable(line)}`),
    ]),
  ]
}

function stateOf({ state, cancelAsked }: JobRecord): string {
  return state === 'running' && cancelAsked ? 'running, asked to end' : state
}

function timeOf(at: number | undefined): string | undefined {
  return at === undefined ? undefined : new Date(at).toISOString()
}

function whenOf({ state, addedAt, runAt, startedAt, endedAt }: JobRecord, now: number): string {
  if (state === 'later') return `in ${formatDuration(Math.max(0, runAt - now))}`
  if (state === 'running') return `for ${formatDuration(now - (startedAt ?? now))}`
  return `${formatDuration(Math.max(0, now - (endedAt ?? addedAt)))} ago`
}

function noteOf({ state, progress, failures, payload }: JobRecord): string {
  if (state === 'running' && progress !== undefined) return shorten(printable(progress), 60)
  const last = failures.at(-1)
  if (last !== undefined && state !== 'done') {
    return shorten(printable(`${last.name}: ${last.message}`), 60)
  }
  return shorten(printable(payload), 60)
}
