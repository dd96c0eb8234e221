import { describe } from 'corral/lowlevel'
import type { Failure } from '../store/records.ts'

/** How much of a message or a stack is kept. */
const longest = 8000
/** How far a chain of causes is followed, and how many errors of one are told. */
const most = 5

/** What was thrown, as it is kept. Whatever it is: it need not be an error. */
export function failureOf(error: unknown, attempt: number, at: number): Failure {
  if (!(error instanceof Error)) {
    const message = `it threw ${describe(error)}, which is no error`
    return { attempt, at, name: 'Error', message, code: undefined, stack: undefined }
  }
  const { name, message } = error
  const { code } = error as { code?: unknown }
  return {
    attempt,
    at,
    name,
    message: shortened(message),
    code: typeof code === 'string' ? code : undefined,
    stack: shortened(told(error)),
  }
}

/** An error's stack, and below it those of its causes and parts: of `fetch failed` nothing else says why. */
function told(error: unknown, depth = 0): string {
  if (!(error instanceof Error)) return describe(error)
  const { name, message, stack = `${name}: ${message}`, cause } = error
  const { errors } = error as { errors?: unknown }
  const parts = Array.isArray(errors) ? errors.slice(0, most) : []
  const causes = cause === undefined ? parts : [cause, ...parts]
  if (depth === most) return stack
  return [stack, ...causes.map((one) => `caused by ${told(one, depth + 1)}`)].join('\n')
}

function shortened(text: unknown): string {
  return String(text).slice(0, longest)
}
