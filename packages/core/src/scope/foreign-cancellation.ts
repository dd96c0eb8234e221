import { Cancelled, eachPart } from '../errors.ts'
import { requireFunction } from '../kernel/guard.ts'

/** What libraries throw when their AbortSignal fires, by `code`: Node's own APIs, axios. */
const cancellationCodes: readonly unknown[] = ['ABORT_ERR', 'ERR_CANCELED']
const registered: ((error: unknown) => boolean)[] = []

/**
 * Teaches corral the error that a library throws when its AbortSignal fires: inside a cancelled scope it
 * counts as the cancellation. Errors named `AbortError` and the codes `ABORT_ERR` and `ERR_CANCELED` are
 * recognised by default.
 *
 * @param test says whether an error is one; asked only in a cancelled scope, for as long as the process lives
 * @example
 * registerCancellation((error) => error instanceof RequestAborted)
 */
export function registerCancellation(test: (error: unknown) => boolean): void {
  requireFunction('registerCancellation: test', test)
  registered.push(test)
}

/**
 * Ours, or what foreign code throws when its AbortSignal fires, or several of them: a body was cut short,
 * and so was what its `using` disposed. Asked only in a cancelled scope.
 */
export function isCancellation(error: unknown): boolean {
  return eachPart(error, (part) => part instanceof Cancelled || isForeignCancellation(part))
}

function isForeignCancellation(error: unknown): boolean {
  if (error instanceof Error) {
    if (error.name === 'AbortError') return true
    if (cancellationCodes.includes((error as { readonly code?: unknown }).code)) return true
  }
  return registered.some((test) => test(error))
}
