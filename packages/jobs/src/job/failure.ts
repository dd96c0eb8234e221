import { describe } from 'corral/lowlevel'
import type { Failure } from '../store/records.ts'

/** How much of a message or a stack is kept. */
const longest = 8000

/** What was thrown, as it is kept. Whatever it is: it need not be an error. */
export function failureOf(error: unknown, attempt: number, at: number): Failure {
  if (!(error instanceof Error)) {
    const message = `it threw ${describe(error)}, which is no error`
    return { attempt, at, name: 'Error', message, code: undefined, stack: undefined }
  }
  const { name, message, stack } = error
  const { code } = error as { code?: unknown }
  return {
    attempt,
    at,
    name,
    message: shortened(message),
    code: typeof code === 'string' ? code : undefined,
    stack: stack === undefined ? undefined : shortened(stack),
  }
}

function shortened(text: unknown): string {
  return String(text).slice(0, longest)
}
