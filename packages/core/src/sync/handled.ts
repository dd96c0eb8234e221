import { isCancelled } from '../errors.ts'
import { isUncancelled } from '../lowlevel.ts'
import { isCancellation } from '../scope/cancel-scope.ts'

/**
 * As what an async call of ours returns: when a cancellation rejects it, that is handled, so that nobody
 * hears of it as an unhandled rejection. A real error is reported as ever when nobody takes it.
 *
 * No reaction is added before that: the engine's async stack follows a promise that has one, not two, and
 * through `await`, not through a `then` of ours.
 */
export function handled<T>(work: Promise<T>): Promise<T> {
  const call: Call = { promise: undefined }
  const result = pass(work, call)
  call.promise = result
  return result
}

async function pass<T>(work: Promise<T>, call: Call): Promise<T> {
  try {
    return await work
  } catch (error) {
    rethrow(call, error)
  }
}

/** What holds the promise of a call for the call itself, which is to mark it before it fails. */
export interface Call {
  promise: Promise<unknown> | undefined
}

/** Throws `error`, with which the call is to fail. */
export function rethrow({ promise }: Call, error: unknown): never {
  if (isCancelled(error) || (!isUncancelled() && isCancellation(error))) {
    promise?.then(undefined, ignore)
  }
  throw error
}

function ignore(): void {}
