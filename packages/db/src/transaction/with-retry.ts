import { exponential, retry } from 'corral'
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
  for (const act of committed) await act()
  return value
}

function mayPass(error: unknown): boolean {
  return (
    error instanceof DatabaseError && (error.code === 'SERIALIZATION' || error.code === 'DEADLOCK')
  )
}
