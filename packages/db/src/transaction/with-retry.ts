import { exponential, isCancelled, retry } from 'corral'
import { refuse, requireFunction, requireLimit, requireOptions } from 'corral/lowlevel'
import type { TransactionOptions } from '../database.ts'
import { DatabaseError } from '../errors.ts'

type Committed = readonly (() => PromiseLike<void> | void)[]

const levels: ReadonlySet<string> = new Set(['read committed', 'repeatable read', 'serializable'])
const backoff = exponential({ base: 10, max: 1000 })

/** Runs a transaction, retrying as its options allow, then the callbacks for after COMMIT. */
export async function withRetry<T>(
  api: string,
  fn: unknown,
  options: TransactionOptions,
  attempt: () => Promise<{ value: T; committed: Committed }>,
): Promise<T> {
  requireFunction(`${api}: fn`, fn)
  requireOptions(api, options)
  const { attempts = 1, isolation } = options
  if (isolation !== undefined && !levels.has(isolation)) {
    refuse(`${api}: isolation`, [...levels].join(' or '), isolation)
  }
  requireLimit(`${api}: attempts`, attempts)
  const { value, committed } = await retry(attempt, { attempts, backoff, shouldRetry: mayPass })
  await runAfterCommit(api, committed)
  return value
}

function mayPass(error: unknown): boolean {
  return (
    error instanceof DatabaseError && (error.code === 'SERIALIZATION' || error.code === 'DEADLOCK')
  )
}

/** Runs every one, whatever the others do: what is committed stays so. */
async function runAfterCommit(api: string, callbacks: Committed): Promise<void> {
  const thrown: unknown[] = []
  for (const fn of callbacks) {
    try {
      await fn()
    } catch (error) {
      thrown.push(error)
    }
  }
  const failures = thrown.filter((error) => !isCancelled(error))
  if (failures.length > 0) {
    throw new DatabaseError(
      'AFTER_COMMIT',
      `${api}: the transaction is committed, but ${failures.length} of its ${callbacks.length} callbacks of afterCommit failed; do not run it again`,
      { cause: failures.length === 1 ? failures[0] : new AggregateError(failures) },
    )
  }
  if (thrown.length > 0) throw thrown[0]
}
