import { ExploreFailure } from 'corral/testing'
import { seed } from './settings.ts'

/** Ends the message of a failure with the command that runs just this test again, in the same way. */
export function withRerunLine(error: unknown, command: string): unknown {
  if (!(error instanceof Error)) return error
  const settings = [
    ...(seed === 1 ? [] : [`CORRAL_SEED=${seed}`]),
    ...(error instanceof ExploreFailure ? [`CORRAL_REPLAY=${error.replay}`] : []),
  ]
  if (settings.length > 0) error.message += `\n\nOr:  ${settings.join(' ')} ${command}`
  return error
}

/** A word for a shell. */
export function quote(word: string): string {
  return /^[\w./:@+-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`
}
