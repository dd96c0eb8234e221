import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { shield, throwIfCancelled } from 'corral'

/** A folder for a while. */
export class TempDir implements AsyncDisposable {
  readonly path: string

  /** @internal */
  constructor(path: string) {
    this.path = path
  }

  /** Removes it with all that is in it. Cancellation: does not cut it short. */
  async [Symbol.asyncDispose](): Promise<void> {
    await shield(() => rm(this.path, { recursive: true, force: true, maxRetries: 3 }))
  }
}

/**
 * Makes an empty folder that only this user can read. It is removed, with all that is in it, when its block is left.
 *
 * Cancellation: makes none, or removes it.
 *
 * @param parent where it is made; the system's place for temporary files unless given
 * @example
 * await using folder = await tempDir()
 * await writeAtomic(join(folder.path, 'page.html'), html)
 * @see tempfile.TemporaryDirectory
 */
export async function tempDir({
  parent = tmpdir(),
}: { readonly parent?: string } = {}): Promise<TempDir> {
  throwIfCancelled()
  const made = new TempDir(await shield(() => mkdtemp(join(parent, 'corral-'))))
  try {
    throwIfCancelled()
    return made
  } catch (error) {
    await made[Symbol.asyncDispose]()
    throw error
  }
}
