import { readdir } from 'node:fs'
import type { Dirent } from 'node:fs'
import { sep } from 'node:path'
import { BusyError, shield } from 'corral'
import { ready, requireCount, suspend, Waiter, WaitQueue, wake } from 'corral/lowlevel'
import { requireName } from '../guard.ts'

export interface WalkOptions {
  /** How many folders are read at a time; 32 by default. */
  readonly concurrency?: number
  /** Whether to descend into a folder; by default into all. Links to folders are never followed. */
  readonly enter?: (folder: string) => boolean
}

export interface WalkEntry {
  readonly path: string
  readonly kind: 'file' | 'folder' | 'link' | 'other'
}

/** How many entries may be buffered before reading pauses. */
const AHEAD = 10_000

/**
 * Everything under a folder, in no particular order. Nothing is read before the loop starts, and little more than it
 * takes; folders that vanish meanwhile are skipped.
 *
 * Cancellation: throws `Cancelled`; leaving the loop waits for folders being read.
 *
 * @throws Error ENOENT, EACCES: the system's own
 * @example
 * for await (const { path, kind } of walk('src')) if (kind === 'file') console.log(path)
 * @see os.walk, fdir
 */
export function walk(folder: string, options: WalkOptions = {}): AsyncIterableIterator<WalkEntry> {
  requireName('walk: folder', folder)
  requireCount('walk: concurrency', options.concurrency ?? 32)
  return new Walk(folder, options)
}

class Walk implements AsyncIterableIterator<WalkEntry, void, void> {
  readonly #line = new WaitQueue()
  readonly #concurrency: number
  readonly #enter: (folder: string) => boolean
  readonly #root: string
  readonly #folders: string[]
  readonly #found: WalkEntry[][] = []
  #batch: WalkEntry[] = []
  #at = 0
  #ahead = 0
  #reading = 0
  #error: Error | undefined
  #isOver = false

  constructor(root: string, { concurrency = 32, enter = () => true }: WalkOptions) {
    this.#root = root
    this.#folders = [root]
    this.#concurrency = concurrency
    this.#enter = enter
  }

  next(): Promise<IteratorResult<WalkEntry, void>> {
    const value = this.#take()
    if (value !== undefined) return ready('walk', this, { done: false, value })
    return this.#wait()
  }

  async return(): Promise<IteratorResult<WalkEntry, void>> {
    this.#isOver = true
    await shield(async () => {
      while (this.#reading > 0) await this.#news()
    })
    return { done: true, value: undefined }
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  async #wait(): Promise<IteratorResult<WalkEntry, void>> {
    if (this.#line.size > 0) throw new BusyError('walk: somebody waits for the next entry already')
    for (;;) {
      this.#readOn()
      const value = this.#take()
      if (value !== undefined) return { done: false, value }
      const error = this.#error
      if (error !== undefined) {
        this.#error = undefined
        await this.return()
        throw error
      }
      if (this.#isOver || this.#reading === 0) return { done: true, value: undefined }
      await this.#news()
    }
  }

  #news(): Promise<void> {
    return suspend(new Waiter('walk', this, this.#line))
  }

  #take(): WalkEntry | undefined {
    if (this.#at >= this.#batch.length) {
      this.#ahead -= this.#batch.length
      this.#batch = this.#found.pop() ?? []
      this.#at = 0
      this.#readOn()
    }
    return this.#isOver ? undefined : this.#batch[this.#at++]
  }

  #readOn(): void {
    while (this.#reading < this.#concurrency && this.#ahead < AHEAD && !this.#isOver) {
      const folder = this.#folders.pop()
      if (folder === undefined) return
      this.#reading += 1
      readdir(folder, { withFileTypes: true }, (error, entries) => {
        this.#reading -= 1
        if (error === null) this.#add(folder, entries)
        else if (error.code !== 'ENOENT' || folder === this.#root) this.#error ??= error
        if (this.#line.size === 0) this.#readOn()
        for (const waiter of this.#line) wake(waiter, undefined)
      })
    }
  }

  #add(folder: string, entries: readonly Dirent[]): void {
    const start = folder.endsWith(sep) ? folder : folder + sep
    const batch: WalkEntry[] = []
    for (const entry of entries) {
      const path = start + entry.name
      const kind = kindOf(entry)
      batch.push({ path, kind })
      if (kind === 'folder' && this.#enter(path)) this.#folders.push(path)
    }
    this.#ahead += batch.length
    if (batch.length > 0) this.#found.push(batch)
  }
}

function kindOf(entry: Dirent): WalkEntry['kind'] {
  if (entry.isFile()) return 'file'
  if (entry.isDirectory()) return 'folder'
  return entry.isSymbolicLink() ? 'link' : 'other'
}
