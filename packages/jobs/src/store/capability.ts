import { JobsError } from '../errors.ts'

/**
 * What a store may be able to do, beside adding jobs that run at least once. What it cannot do is refused by these names.
 *
 *   transactions    `add` and `finishIn` in a transaction of the user's
 *   unique          unique keys
 *   priority        higher first
 *   delay           jobs that begin later, and retries after a delay
 *   expires         queued jobs that are cancelled after a time
 *   limits          how many of a queue or a key run at the same time
 *   rate            how many of a queue or a key begin in an interval
 *   flows           jobs that wait for others (`after`)
 *   steps           durable steps and sleeps
 *   cron            schedules
 *   cancel          of jobs that run, and of those that wait
 *   progress        is kept, and others can see it
 *   results         are kept: `result()`
 *   browse          `list`, `get`, `retry`, `redrive`
 *   pause           of a queue
 *   shared          other processes may use it at the same time
 */
export type Capability =
  | 'transactions'
  | 'unique'
  | 'priority'
  | 'delay'
  | 'expires'
  | 'limits'
  | 'rate'
  | 'flows'
  | 'steps'
  | 'cron'
  | 'cancel'
  | 'progress'
  | 'results'
  | 'browse'
  | 'pause'
  | 'shared'

export const capabilities: readonly Capability[] = [
  'transactions',
  'unique',
  'priority',
  'delay',
  'expires',
  'limits',
  'rate',
  'flows',
  'steps',
  'cron',
  'cancel',
  'progress',
  'results',
  'browse',
  'pause',
  'shared',
]

/**
 * @param needed what, and what for: `job mail: unique`
 * @throws JobsError UNSUPPORTED
 */
export function requireCapability(
  api: string,
  store: { readonly name: string; readonly capabilities: ReadonlySet<Capability> },
  capability: Capability,
  needed: string,
): void {
  if (store.capabilities.has(capability)) return
  throw new JobsError(
    'UNSUPPORTED',
    `${api}: ${store.name} has no "${capability}", which ${needed} needs; use another store, or leave it out`,
  )
}
