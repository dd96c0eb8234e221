import { accessSync, constants, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { FailureError } from './failure-error.ts'

/**
 * Asks before the work, not after it, whether its result can be written.
 *
 * @throws FailureError
 */
export function requireWritable(what: 'export' | 'report', file: string): void {
  try {
    if (statSync(file, { throwIfNoEntry: false })?.isDirectory() === true) {
      throw new FailureError(`${what} ${file} is a directory; name a file`)
    }
    accessSync(dirname(file), constants.W_OK)
  } catch (error) {
    if (error instanceof FailureError) throw error
    throw new FailureError(
      `${what} ${file} cannot be written; check that its directory is there and may be written`,
      { cause: error },
    )
  }
}
