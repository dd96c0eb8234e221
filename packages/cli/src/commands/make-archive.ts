import { access, constants, mkdir, stat } from 'node:fs/promises'
import { FailureError } from './failure-error.ts'

/**
 * Makes the directory of an archive, unless it is there.
 *
 * @throws FailureError when it is a file, or cannot be made or written
 */
export async function makeArchive(directory: string): Promise<void> {
  try {
    await mkdir(directory, { recursive: true })
    await access(directory, constants.W_OK)
  } catch (error) {
    const message = (await isFile(directory))
      ? `--warc ${directory} is a file; name a directory`
      : `--warc ${directory} cannot be written; name a directory that may be made or written`
    throw new FailureError(message, { cause: error })
  }
}

async function isFile(path: string): Promise<boolean> {
  try {
    return !(await stat(path)).isDirectory()
  } catch {
    return false
  }
}
