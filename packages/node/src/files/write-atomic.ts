import { randomUUID } from 'node:crypto'
import { chmod, realpath, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { shield, throwIfCancelled } from 'corral'
import { requireName } from '../guard.ts'
import { openFile } from './open-file.ts'

export interface WriteAtomicOptions {
  /** Its permissions; by default those of the replaced file, or 0o666 less the umask. */
  readonly mode?: number
}

/**
 * Writes a file so that readers see the old one or the new one, never a part: into a temporary file next to it, which
 * is renamed into place once it is on disk. A power cut or SIGKILL leaves the old one, and perhaps a file
 * `.name.….tmp`.
 *
 * Cancellation: leaves the old file, and no temporary one; once the rename has started it is too late.
 *
 * @param path if it is a link, its target is written
 * @throws Error ENOSPC, EACCES: the system's own; the old file stays
 * @example
 * await writeAtomic('state.json', JSON.stringify(state))
 * @see write-file-atomic
 */
export async function writeAtomic(
  path: string,
  data: string | Uint8Array | AsyncIterable<string | Uint8Array>,
  { mode }: WriteAtomicOptions = {},
): Promise<void> {
  requireName('writeAtomic: path', path)
  throwIfCancelled()
  const target = await shield(() => realpath(path).catch(() => path))
  const folder = dirname(target)
  const temporary = join(folder, `.${basename(target)}.${randomUUID()}.tmp`)
  try {
    await fill(temporary, data, mode ?? (await shield(() => modeOf(target))))
    throwIfCancelled()
  } catch (error) {
    await shield(() => rm(temporary, { force: true }))
    throw error
  }
  await shield(async () => {
    await rename(temporary, target)
    await using parent = await openFile(folder, { special: true })
    await parent.sync()
  })
}

async function fill(
  temporary: string,
  data: string | Uint8Array | AsyncIterable<string | Uint8Array>,
  mode: number | undefined,
): Promise<void> {
  await using file = await openFile(temporary, { flags: 'wx' })
  if (typeof data === 'string' || data instanceof Uint8Array) await file.write(data)
  else for await (const chunk of data) await file.write(chunk)
  if (mode !== undefined) await shield(() => chmod(temporary, mode))
  await file.sync()
}

async function modeOf(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).mode & 0o7777
  } catch {
    return undefined // there is none yet
  }
}
