import type { Job } from 'bullmq'
import type { JobState } from '../state/job-state.ts'
import type { Failure, JobRecord, NewJob } from '../store/records.ts'

/** What a job of ours is in a job of BullMQ, beside what BullMQ knows itself. */
export interface BullData {
  readonly payload?: unknown
  readonly queue: string
  readonly attempts: number
  readonly priority: number
  readonly unique?: string
}

/** Its priorities begin at 1, the lower first; ours are around 0, the higher first. */
const middle = 2 ** 20

export function bullPriority(priority: number): number {
  return Math.min(2 * middle, Math.max(1, middle - Math.round(priority)))
}

export function dataOf({ payload, queue, attempts, priority, unique }: NewJob): BullData {
  const data: BullData = { queue, attempts, priority }
  // A job without an input has no payload.
  const loaded = payload === '' ? data : { ...data, payload: JSON.parse(payload) as unknown }
  return unique === undefined ? loaded : { ...loaded, unique }
}

/** The state that a set of BullMQ stands for. */
export function stateOf(set: string, failedReason: string | undefined): JobState {
  switch (set) {
    case 'active':
      return 'running'
    case 'delayed':
      return 'later'
    case 'completed':
      return 'done'
    case 'failed':
      return failedReason === 'cancelled' ? 'cancelled' : 'dead'
    default:
      return 'ready'
  }
}

/** A job of BullMQ as one of ours. */
export function recordOf(
  job: Job,
  id: string,
  state: JobState,
  worker: string | undefined,
  asked: boolean,
): JobRecord {
  const { payload, queue, attempts, priority, unique } = job.data as BullData
  const running = state === 'running'
  const { processedOn, finishedOn, timestamp, attemptsMade, attemptsStarted } = job
  const progress = typeof job.progress === 'string' ? job.progress : undefined
  return {
    id,
    kind: job.name,
    queue,
    state,
    priority,
    payload: payload === undefined ? '' : JSON.stringify(payload),
    run: attemptsStarted,
    attempt: attemptsMade + Number(running),
    attempts,
    unique,
    limitKey: undefined,
    limit: undefined,
    pending: 0,
    worker,
    cancelAsked: asked,
    progress,
    result: resultOf(job, state),
    failures: (job.stacktrace ?? []).map(failureOf),
    addedAt: timestamp,
    runAt: timestamp + job.delay,
    scheduledFor: undefined,
    startedAt: processedOn,
    endedAt: state === 'done' || state === 'dead' || state === 'cancelled' ? finishedOn : undefined,
  }
}

function resultOf({ returnvalue }: Job, state: JobState): string | undefined {
  const value = returnvalue as unknown
  return state !== 'done' || value === null || value === undefined
    ? undefined
    : JSON.stringify(value)
}

/** A failure as one of the stack traces that BullMQ keeps: readable, with what a stack does not say in its last line. */
export function traceOf({ stack, ...failure }: Failure): string {
  const told = stack ?? `${failure.name}: ${failure.message}`
  return `${told}\n${mark}${JSON.stringify({ ...failure, stacked: stack !== undefined })}`
}

const mark = '    [corral] '

/** The failure that a stack trace tells of; one of BullMQ's own too. */
function failureOf(trace: string, index: number): Failure {
  const at = trace.lastIndexOf(`\n${mark}`)
  if (at === -1) {
    const [first = ''] = trace.split('\n', 1)
    const [, name = 'Error', message = first] = /^(\w+): (.*)$/.exec(first) ?? []
    return { attempt: index + 1, at: 0, name, message, code: undefined, stack: trace }
  }
  const { stacked, ...failure } = JSON.parse(trace.slice(at + mark.length + 1)) as Failure & {
    readonly stacked: boolean
  }
  const stack = stacked ? trace.slice(0, at) : undefined
  return { ...failure, code: failure.code, stack }
}
