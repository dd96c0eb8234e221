import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { shield, throwIfCancelled } from 'corral'

/** A temporary folder. */
export class TempDir implements AsyncDisposable {
  readonly path: string

  /** @internal */
  constructor(path: string) {
    this.path = path
  }

  /** Removes it with everything in it. Cancellation: does not cut it short. */
  async [Symbol.asyncDispose](): Promise<void> {
    await shield(() => rm(this.path, { recursive: true, force: true, maxRetries: 3 }))
  }
}

/**
 * Creates an empty folder that only this user can read. It is removed, with everything in it, when its block is left.
 *
 * Cancellation: creates none, or removes it.
 *
 * @param parent where to create it; by default the system's folder for temporary files
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
