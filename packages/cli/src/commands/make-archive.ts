import { access, constants, mkdir, stat } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { FailureError } from './failure-error.ts'

/**
 * Makes the directory of an archive, unless it is there.
 *
 * @throws FailureError when it is a file, or cannot be made or written
 */
export async function makeArchive(directory: string): Promise<void> {
  try {
    await makeDirectory(resolve(directory))
    await access(`${directory}/.`, constants.W_OK) // which a file does not have
  } catch (error) {
    const message = (await isFile(directory))
      ? `--warc ${directory} is a file; name a directory`
      : `--warc ${directory} cannot be written; name a directory that may be made or written`
    throw new FailureError(message, { cause: error })
  }
}

/**
 * One after the other, and each once: asked to make all at a time, Node goes on for ever where a directory is there and
 * takes none.
 */
async function makeDirectory(path: string): Promise<void> {
  try {
    await mkdir(path)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EEXIST') return
    const parent = dirname(path)
    if (code !== 'ENOENT' || (await isThere(parent))) throw error
    await makeDirectory(parent)
    await mkdir(path)
  }
}

async function isThere(path: string): Promise<boolean> {
  try {
    await stat(path)
    return true
  } catch {
    return false
  }
}

async function isFile(path: string): Promise<boolean> {
  try {
    return !(await stat(path)).isDirectory()
  } catch {
    return false
  }
}
