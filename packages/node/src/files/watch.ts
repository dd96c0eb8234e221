import { lstat, readdir } from 'node:fs/promises'
import { watch as ring } from 'node:fs'
import type { FSWatcher } from 'node:fs'
import { join } from 'node:path'
import { BusyError, isCancelled, shield } from 'corral'
import { suspend, Waiter, WaitQueue, wake } from 'corral/lowlevel'
import { EndsWithScope } from '../ends-with-scope.ts'
import { requireName } from '../guard.ts'
import { FileError } from './file-error.ts'

export interface WatchOptions {
  /** Whether existing entries are reported first, as `created`. */
  readonly existing?: boolean
  /** Whether subfolders are watched too; true by default. */
  readonly recursive?: boolean
}

/** What happened to a file, a folder or a link since the last report. */
export interface Change {
  readonly type: 'created' | 'changed' | 'removed'
  readonly path: string
}

/** How long it must be quiet before folders are scanned after a burst, in milliseconds. */
const QUIET = 50
/** More notifications than this at once, and some may have been dropped. */
const BURST = 100

/**
 * Changes in a folder. The system's notifications only say where to look; what is reported is what was found there, so
 * that nothing is missed even if the system dropped some: after a burst all folders are scanned. Unread changes to the
 * same path are merged.
 *
 * Cancellation: throws `Cancelled`; leaving the loop ends the watch.
 *
 * @throws FileError GONE when the folder itself is removed
 * @throws Error ENOENT, EACCES, ENOSPC (too many watches): the system's own
 * @example
 * for await (const { type, path } of watch('src', { existing: true })) console.log(type, path)
 * @see chokidar
 */
export function watch(folder: string, options: WatchOptions = {}): AsyncIterableIterator<Change> {
  requireName('watch: folder', folder)
  return new FolderWatch(folder, options)
}

/** A watched folder, and what was last found in it. */
interface Watched {
  readonly path: string
  bell: FSWatcher | undefined
  /** The fingerprint of each name, to detect a change. */
  readonly found: Map<string, string>
  /** Names with a pending notification. */
  readonly rung: Set<string>
  /** Those that were created, removed or moved: a folder among them may be another one now, even with the same inode. */
  readonly renamed: Set<string>
}

class FolderWatch implements AsyncIterableIterator<Change, void, void> {
  readonly #root: string
  readonly #recursive: boolean
  #tellsFound: boolean
  readonly #folders = new Map<string, Watched>()
  /** Unread changes: the last per path, in the order of the first. */
  readonly #changes = new Map<string, Change['type']>()
  readonly #line = new WaitQueue()
  #rings = 0
  #quiet: NodeJS.Timeout | undefined
  #looksThrough = false
  #looking: Promise<void> | undefined
  #error: Error | undefined
  readonly #end = new EndsWithScope(() => this.#stop())
  #isOver = false

  constructor(root: string, { existing = false, recursive = true }: WatchOptions) {
    this.#root = root
    this.#recursive = recursive
    this.#tellsFound = existing
  }

  async next(): Promise<IteratorResult<Change, void>> {
    if (this.#line.size > 0) {
      throw new BusyError('watch: somebody waits for the next change already')
    }
    if (this.#folders.size === 0 && !this.#isOver) {
      this.#end.hold()
      this.#look(() => this.#begin())
    }
    for (;;) {
      for (const [path, type] of this.#changes) {
        this.#changes.delete(path)
        return { done: false, value: { type, path } }
      }
      const error = this.#error
      if (error !== undefined) {
        this.#error = undefined
        await this.return()
        throw error
      }
      if (this.#isOver) return { done: true, value: undefined }
      await suspend(new Waiter('watch', this, this.#line))
    }
  }

  async return(): Promise<IteratorResult<Change, void>> {
    this.#end.release()
    this.#stop()
    await shield(async () => this.#looking)
    return { done: true, value: undefined }
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  #stop(): void {
    this.#isOver = true
    clearTimeout(this.#quiet)
    for (const { bell } of this.#folders.values()) bell?.close()
    this.#folders.clear()
  }

  async #begin(): Promise<void> {
    await this.#enter(this.#root)
    this.#tellsFound = true
  }

  /** One scan at a time; notifications meanwhile are handled after it. */
  #look(look: () => Promise<void>): void {
    this.#looking = (this.#looking ?? Promise.resolve()).then(look).catch((error: unknown) => {
      if (isCancelled(error)) throw error
      this.#error ??= error as Error
    })
    void this.#looking.then(() => {
      for (const waiter of this.#line) wake(waiter, undefined)
    })
  }

  /** Watches first and scans then, so that nothing is missed in between. */
  async #enter(path: string): Promise<void> {
    if (this.#isOver || this.#folders.has(path)) return
    const folder: Watched = {
      path,
      bell: undefined,
      found: new Map(),
      rung: new Set(),
      renamed: new Set(),
    }
    if (!this.#hang(folder)) return
    this.#folders.set(path, folder)
    await this.#lookThrough(folder)
  }

  /** Returns whether the folder is there. */
  #hang(folder: Watched): boolean {
    try {
      const bell = ring(folder.path, (type, name) => this.#ring(folder, type, name))
      bell.on('error', () => {}) // the folder is gone: its parent reports it
      folder.bell = bell
      return true
    } catch (error) {
      if (folder.path !== this.#root && isGone(error)) return false
      throw error
    }
  }

  /** The bell of a folder that was removed and made again is silent: hangs a new one, and looks what is different. */
  async #renew(path: string): Promise<void> {
    const folder = this.#folders.get(path)
    if (folder === undefined || this.#isOver) return
    folder.bell?.close()
    if (!this.#hang(folder)) return
    for (const name of folder.found.keys()) folder.renamed.add(name)
    await this.#lookThrough(folder)
  }

  #ring(folder: Watched, type: string, name: string | null): void {
    if (this.#isOver) return
    this.#rings += 1
    if (name !== null) folder.rung.add(name)
    if (name !== null && type === 'rename') folder.renamed.add(name)
    if (name === null || this.#rings > BURST) this.#looksThrough = true
    this.#quiet ??= setTimeout(() => this.#answer(), this.#rings === 1 ? 5 : QUIET)
  }

  #answer(): void {
    this.#quiet = undefined
    const looksThrough = this.#looksThrough
    this.#looksThrough = false
    this.#rings = 0
    const rung = [...this.#folders.values()].filter((folder) => folder.rung.size > 0)
    const names = rung.map((folder) => [...folder.rung])
    for (const folder of rung) folder.rung.clear()
    this.#look(async () => {
      if (looksThrough) {
        for (const folder of [...this.#folders.values()]) await this.#lookThrough(folder)
      } else {
        for (const [i, folder] of rung.entries()) await this.#lookAt(folder, names[i] ?? [])
      }
      // Notified under its own name, or under none: is the root folder still there?
      if (!this.#isOver && (await stampOf(this.#root)) === undefined) throw isRemoved(this.#root)
    })
  }

  async #lookThrough(folder: Watched): Promise<void> {
    let names: string[] = []
    try {
      names = await readdir(folder.path)
    } catch (error) {
      if (!isGone(error)) throw error
    }
    const before = [...folder.found.keys()]
    const now = new Set(names)
    await this.#lookAt(folder, names.concat(before.filter((name) => !now.has(name))))
  }

  async #lookAt(folder: Watched, names: readonly string[]): Promise<void> {
    const [entered, renewed]: [string[], string[]] = [[], []]
    for (let i = 0; i < names.length && !this.#isOver; i += 64) {
      const some = names.slice(i, i + 64)
      const stamps = await Promise.all(some.map((name) => stampOf(join(folder.path, name))))
      for (const [j, name] of some.entries()) {
        const path = join(folder.path, name)
        const [before, now] = [folder.found.get(name), stamps[j]]
        const isRenamed = folder.renamed.delete(name)
        if (before === now) {
          if (isRenamed && now?.startsWith('folder') === true) renewed.push(path)
          continue
        }
        if (before?.startsWith('folder') === true) this.#forget(path)
        if (now === undefined) {
          folder.found.delete(name)
          this.#tell(path, 'removed')
        } else {
          folder.found.set(name, now)
          if (this.#tellsFound) this.#tell(path, before === undefined ? 'created' : 'changed')
          if (now.startsWith('folder') && this.#recursive) entered.push(path)
        }
      }
    }
    for (const path of entered) await this.#enter(path)
    for (const path of renewed) await this.#renew(path)
  }

  /** A folder is gone, with everything under it. */
  #forget(path: string): void {
    const folder = this.#folders.get(path)
    if (folder === undefined) return
    folder.bell?.close()
    this.#folders.delete(path)
    for (const name of folder.found.keys()) {
      this.#forget(join(path, name))
      this.#tell(join(path, name), 'removed')
    }
  }

  #tell(path: string, type: Change['type']): void {
    const before = this.#changes.get(path)
    if (before === undefined) this.#changes.set(path, type)
    else if (before === 'created' && type === 'removed') this.#changes.delete(path)
    else if (before === 'removed') this.#changes.set(path, 'changed')
    else if (type === 'removed') this.#changes.set(path, type)
    for (const waiter of this.#line) wake(waiter, undefined)
  }
}

/** A fingerprint; always the same for a folder, since its content is reported separately. */
async function stampOf(path: string): Promise<string | undefined> {
  try {
    const { mtimeMs, ctimeMs, size, ino, mode } = await lstat(path)
    if ((mode & 0o170000) === 0o040000) return `folder ${ino}`
    return `${mtimeMs} ${ctimeMs} ${size} ${ino}`
  } catch (error) {
    if (isGone(error)) return undefined
    throw error
  }
}

function isGone(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException
  return code === 'ENOENT' || code === 'ENOTDIR'
}

function isRemoved(path: string): FileError {
  return new FileError('GONE', path, `watch: ${path} was removed; watch the folder around it`)
}
