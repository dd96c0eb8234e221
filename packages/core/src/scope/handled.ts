import { isCancelled } from '../errors.ts'
import { isUncancelled } from '../kernel/current.ts'
import { turn } from '../kernel/platform.ts'
import { isCancellation } from './foreign-cancellation.ts'

// A cancellation that rejects a call of ours is nobody's fault: it must not kill the process as an unhandled
// rejection, whether the call is awaited or not. A real error is reported as ever when nobody takes it. So the
// promise is marked as handled when it is known that a cancellation rejects it, and not before: the engine's
// async stack follows a promise that has one reaction, not two, and goes through `await`, not through a `then`
// of ours.

/** Where a call finds its own promise, to mark it before it fails. */
export interface Call {
  promise: Promise<unknown> | undefined
  /** What else is nobody's fault. */
  readonly alsoExpected?: ((error: unknown) => boolean) | undefined
}

/** Does the work of an async call of ours. */
export function handled<T>(
  work: () => Promise<T>,
  alsoExpected?: (error: unknown) => boolean,
): Promise<T> {
  const call: Call = { promise: undefined, alsoExpected }
  const result = pass(work, call)
  call.promise = result
  return result
}

async function pass<T>(work: () => Promise<T>, call: Call): Promise<T> {
  try {
    return await work()
  } catch (error) {
    return await failing(call, error)
  }
}

/** The end of a call that fails with `error`: for the `catch` of calls that are too hot to be passed through `handled`. */
export async function failing(call: Call, error: unknown): Promise<never> {
  await turn // a call that fails at once has no promise yet
  const expected =
    isCancelled(error) ||
    (!isUncancelled() && isCancellation(error)) ||
    call.alsoExpected?.(error) === true
  if (expected) call.promise?.then(undefined, ignore)
  throw error
}

function ignore(): void {}
