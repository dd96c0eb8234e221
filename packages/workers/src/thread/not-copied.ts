import { WorkerError } from '../errors.ts'

/** What is thrown for a value that cannot be copied; `cause` says which part of it. */
export function notCopied(what: string, name: string, cause: unknown): WorkerError {
  const why = cause instanceof Error ? cause.message : String(cause)
  return new WorkerError(
    'CLONE',
    `WorkerPool: ${what} of ${name} cannot be copied between threads (${why}); use plain data`,
    { cause },
  )
}
