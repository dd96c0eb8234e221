import { exponential } from 'corral'
import {
  refuse,
  requireCount,
  requireDuration,
  requireFunction,
  requireLimit,
  requireOptions,
} from 'corral/lowlevel'
import type { StandardSchemaV1 } from '@standard-schema/spec'
import { JobsError } from '../errors.ts'
import type { Capability } from '../store/capability.ts'
import type { Limit, NewJob, Rate } from '../store/records.ts'
import type { JobRun } from '../worker/job-run.ts'
import { toJson } from './json.ts'
import { requireText } from './require-text.ts'

/** What limits a key: all jobs of the kind, when there is no `key`. */
export interface LimitOptions<Input> {
  /** Of an input. Each key has the limit for itself. */
  readonly key?: (input: Input) => string
  /** How many run at the same time, over all workers. */
  readonly concurrency?: number
  /** How many begin in an interval, over all workers. */
  readonly rate?: Rate
}

/** How long jobs are kept when they have ended, in milliseconds; 0 removes them at once, `Infinity` keeps them. */
export interface KeepOptions {
  /** Done and cancelled ones. Default a day. */
  readonly done?: number
  /** Those that failed. Default 30 days. */
  readonly dead?: number
}

export interface JobOptions<Input> {
  /** Queues are counted, paused and limited as a whole. Default: the name of the job. */
  readonly queue?: string
  /** How often it is tried. Default 5. */
  readonly attempts?: number
  /** The delays between attempts, in milliseconds. Default `exponential({ base: 1000, max: 3_600_000 })`. */
  readonly backoff?: Iterable<number>
  /** False for errors that it is of no use to try again after. Default: all but `PermanentError`. */
  readonly shouldRetry?: (error: unknown) => boolean
  /** How long an attempt may take, in milliseconds; then it is cancelled, and has failed. Default `Infinity`. */
  readonly timeout?: number
  /** Higher comes first. Default 0. */
  readonly priority?: number
  /** A key that one job of this kind may have that has not ended: adding another gives that one. */
  readonly unique?: (input: Input) => string
  readonly limit?: LimitOptions<Input>
  /** It is cancelled when it has not begun after that time, in milliseconds. Default `Infinity`. */
  readonly expires?: number
  readonly keep?: KeepOptions
  /** What inputs must be, by any library of the Standard Schema. Checked when added, and when run. */
  readonly schema?: StandardSchemaV1<unknown, Input>
}

/** What a job does. It may run more than once: see `JobRun.step` and `JobRun.finishIn`. */
export type JobHandler<Input, Result> = (input: Input, run: JobRun) => PromiseLike<Result> | Result

/** A kind of job: its name, its options, and what it does if that is known here. */
export class Job<in out Input, out Result> {
  readonly name: string
  readonly queue: string
  readonly options: JobOptions<Input>
  /** What it does; `undefined` when it is only declared here. */
  readonly handler: JobHandler<Input, Result> | undefined

  /** Made by `job` or `declareJob`, not by hand. */
  constructor(
    name: string,
    options: JobOptions<Input>,
    handler: JobHandler<Input, Result> | undefined,
  ) {
    this.name = name
    this.options = options
    this.queue = options.queue ?? name
    this.handler = handler
  }

  get [Symbol.toStringTag](): string {
    return 'Job'
  }
}

/** Any definition, whatever its input is. */
export type AnyJob = Pick<Job<never, never>, 'name' | 'queue'> & {
  readonly options: object
  readonly handler: unknown
}

/**
 * Says what a job does. The same definition adds it and works on it.
 *
 * @param name tells kinds of jobs apart, in the store too
 * @param handler gets the input, and what a run can do
 * @throws MisuseError for options that cannot be right
 * @example
 * const mail = job('mail', async ({ to }: { to: string }) => await send(to), { attempts: 10 })
 */
export function job<Input = undefined, Result = void>(
  name: string,
  handler: JobHandler<Input, Result>,
  options: JobOptions<Input> = {},
): Job<Input, Result> {
  requireFunction('job: handler', handler)
  return new Job(requireText('job: name', name), checkedOptions('job', options), handler)
}

/**
 * A job that another process works on, to add it here.
 *
 * @example
 * const mail = declareJob<{ to: string }>('mail', { unique: ({ to }) => to })
 * await jobs.add(mail, { to: 'ada@example.org' })
 */
export function declareJob<Input = undefined, Result = unknown>(
  name: string,
  options: JobOptions<Input> = {},
): Job<Input, Result> {
  return new Job<Input, Result>(
    requireText('declareJob: name', name),
    checkedOptions('declareJob', options),
    undefined,
  )
}

/** What can be said of one job, beside what holds for all of its kind. */
export interface AddOptions {
  /** Until it may begin, in milliseconds. Default 0. */
  readonly delay?: number
  /** Higher comes first. Default: that of the job's kind. */
  readonly priority?: number
  /** Jobs that must be done before it begins, or their ids. It is dead when one of them is dead or cancelled. */
  readonly after?: readonly (string | { readonly id: string })[]
}

/** A job as it goes into the store. @throws JobsError */
export async function newJobOf<Input>(
  api: string,
  { name, queue, options }: Job<Input, unknown>,
  input: Input,
  { delay = 0, priority = options.priority ?? 0, after = [] }: AddOptions,
): Promise<NewJob> {
  if (!Number.isFinite(delay)) refuse(`${api}: delay`, 'a finite number of milliseconds', delay)
  requireDuration(`${api}: delay`, delay)
  requirePriority(`${api}: priority`, priority)
  await validated(api, options.schema, input)
  const { attempts = 5, expires = Infinity } = options
  return {
    kind: name,
    queue,
    payload: toJson(`${api}: input`, input),
    priority,
    delay,
    attempts,
    unique: keyOf(`${api}: unique`, options.unique, input),
    ...limitOf(api, name, options.limit, input),
    after: after.map((child) => (typeof child === 'string' ? child : child.id)),
    expires: expires === Infinity ? undefined : expires + delay,
    scheduledFor: undefined,
  }
}

/** The input as the schema gives it. @throws JobsError INVALID_INPUT */
export async function validated<Input>(
  api: string,
  schema: StandardSchemaV1<unknown, Input> | undefined,
  input: unknown,
): Promise<Input> {
  if (schema === undefined) return input as Input
  const result = await schema['~standard'].validate(input)
  if (result.issues === undefined) return result.value
  const issues = result.issues.map(({ message, path = [] }) => {
    const at = path.map((part) => (typeof part === 'object' ? part.key : part)).join('.')
    return at === '' ? message : `${at}: ${message}`
  })
  throw new JobsError('INVALID_INPUT', `${api}: input must match the schema; ${issues.join('; ')}`)
}

/** What a store needs to be able to do for jobs of this kind, and what for. */
export function needsOf({ name, options }: AnyJob): Map<Capability, string> {
  const { unique, limit, expires, priority } = options as JobOptions<unknown>
  const needs = new Map<Capability, string>()
  if (unique !== undefined) needs.set('unique', `job ${name} with "unique"`)
  if (limit?.concurrency !== undefined) needs.set('limits', `job ${name} with "limit.concurrency"`)
  if (limit?.rate !== undefined) needs.set('rate', `job ${name} with "limit.rate"`)
  if (expires !== undefined) needs.set('expires', `job ${name} with "expires"`)
  if (priority !== undefined) needs.set('priority', `job ${name} with "priority"`)
  return needs
}

function limitOf<Input>(
  api: string,
  name: string,
  options: LimitOptions<Input> | undefined,
  input: Input,
): Pick<NewJob, 'limit' | 'limitKey'> {
  if (options === undefined) return { limit: undefined, limitKey: undefined }
  const { concurrency, rate } = options
  const key = keyOf(`${api}: limit.key`, options.key, input)
  return { limit: { concurrency, rate }, limitKey: key === undefined ? name : `${name}/${key}` }
}

function keyOf<Input>(
  where: string,
  key: ((input: Input) => string) | undefined,
  input: Input,
): string | undefined {
  return key === undefined ? undefined : requireText(where, key(input))
}

function checkedOptions<Input>(api: string, options: JobOptions<Input>): JobOptions<Input> {
  requireOptions(api, options)
  const { attempts = 1, timeout = Infinity, priority = 0, expires = Infinity } = options
  const { backoff = defaultBackoff, keep = {}, limit = {}, queue } = options
  requireCount(`${api}: attempts`, attempts)
  requireDuration(`${api}: timeout`, timeout)
  requirePriority(`${api}: priority`, priority)
  requireDuration(`${api}: expires`, expires)
  requireDuration(`${api}: keep.done`, keep.done ?? 0)
  requireDuration(`${api}: keep.dead`, keep.dead ?? 0)
  checkLimit(api, limit)
  if (queue !== undefined) requireText(`${api}: queue`, queue)
  if (typeof backoff[Symbol.iterator] !== 'function') {
    refuse(`${api}: backoff`, 'an iterable of milliseconds, such as exponential(...)', backoff)
  }
  for (const key of ['unique', 'shouldRetry'] as const) {
    if (options[key] !== undefined) requireFunction(`${api}: ${key}`, options[key])
  }
  return options
}

/** @throws MisuseError */
export function checkLimit(
  api: string,
  {
    concurrency,
    rate,
  }: { readonly concurrency?: number | undefined; readonly rate?: Rate | undefined },
): Limit {
  if (concurrency !== undefined) requireCount(`${api}: limit.concurrency`, concurrency)
  if (rate !== undefined) {
    requireOptions(`${api}: limit.rate`, rate)
    requireLimit(`${api}: limit.rate.limit`, rate.limit)
    if (!(rate.interval > 0 && rate.interval <= 3_600_000)) {
      refuse(`${api}: limit.rate.interval`, 'milliseconds above 0, at most an hour', rate.interval)
    }
  }
  return { concurrency, rate }
}

function requirePriority(where: string, priority: number): void {
  if (Number.isSafeInteger(priority) && Math.abs(priority) <= 1_000_000) return
  refuse(where, 'a whole number from -1000000 to 1000000', priority)
}

const defaultBackoff = exponential({ base: 1000, max: 3_600_000 })

/** How long the next attempt waits after this one has failed, in milliseconds. */
export function retryDelay(backoff: Iterable<number> = defaultBackoff, attempt: number): number {
  let last = 0
  let i = 0
  for (const delay of backoff) {
    last = delay
    if ((i += 1) >= attempt) break
  }
  return last
}
