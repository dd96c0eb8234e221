import { close, constants, fstat, fsync, ftruncate, open, read, write } from 'node:fs'
import type { Stats } from 'node:fs'
import { ClosedError, shield, throwIfCancelled } from 'corral'
import { refuse, requireCount } from 'corral/lowlevel'
import { LineIterator } from '../bytes/line-iterator.ts'
import { LineSplitter } from '../bytes/line-splitter.ts'
import type { LineOptions } from '../bytes/line-splitter.ts'
import { calledBack } from '../called-back.ts'
import { requireName } from '../guard.ts'
import { FileError } from './file-error.ts'

export interface OpenFileOptions {
  /** The mode: `r` reads, `w` truncates, `a` appends, `+` allows both; `x` refuses an existing file. `r` by default. */
  readonly flags?: OpenFlags
  /** The permissions of a created file; by default 0o666 less the umask. */
  readonly mode?: number
  /** Lets devices and folders through, such as `/dev/null`. */
  readonly special?: boolean
}

export type OpenFlags = 'r' | 'r+' | 'w' | 'wx' | 'w+' | 'wx+' | 'a' | 'a+'

const { O_RDONLY, O_WRONLY, O_RDWR, O_CREAT, O_TRUNC, O_EXCL, O_APPEND } = constants
const FLAGS: Readonly<Record<OpenFlags, number>> = {
  r: O_RDONLY,
  'r+': O_RDWR,
  w: O_WRONLY | O_CREAT | O_TRUNC,
  wx: O_WRONLY | O_CREAT | O_EXCL,
  'w+': O_RDWR | O_CREAT | O_TRUNC,
  'wx+': O_RDWR | O_CREAT | O_EXCL,
  a: O_WRONLY | O_CREAT | O_APPEND,
  'a+': O_RDWR | O_CREAT | O_APPEND,
}

const CHUNK = 64 * 1024

/**
 * Opens a file. It is closed when its block is left, even if it was cancelled while being opened. FIFOs, devices and
 * sockets are refused: opening one can block a thread of Node's pool forever, and four of them freeze all file
 * operations and name lookups.
 *
 * Cancellation: throws once the file is closed again.
 *
 * @throws FileError SPECIAL
 * @throws Error ENOENT, EACCES, EMFILE: the system's own
 * @example
 * await using file = await openFile('access.log')
 * for await (const line of file.lines()) console.log(line)
 * @see trio.open_file
 */
export async function openFile(
  path: string,
  { flags = 'r', mode = 0o666, special = false }: OpenFileOptions = {},
): Promise<OpenFile> {
  requireName('openFile: path', path)
  if (!Object.hasOwn(FLAGS, flags)) {
    refuse('openFile: flags', `one of ${Object.keys(FLAGS).join(', ')}`, flags)
  }
  throwIfCancelled()
  // With O_NONBLOCK a FIFO opens at once: its kind is checked afterwards, so that it cannot change in between.
  const bits = FLAGS[flags] | constants.O_NONBLOCK
  const file = await uninterrupted<OpenFile>('openFile', undefined, (done, failed) => {
    open(path, bits, mode, (error, fd) => (error ? failed(error) : done(new OpenFile(path, fd))))
  }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENXIO') throw isSpecial(path) // a FIFO that nobody reads, a socket
    throw error
  })
  try {
    if (!special && !(await file.stat()).isFile()) throw isSpecial(path)
    throwIfCancelled()
    return file
  } catch (error) {
    await file.close()
    throw error
  }
}

/** An open file. Made by `openFile`. */
export class OpenFile implements AsyncIterable<Buffer>, AsyncDisposable {
  readonly path: string
  #fd: number | undefined
  #closing: Promise<void> | undefined
  /** A system call in progress: the file is closed after it. */
  readonly #busy = new Set<Promise<unknown>>()

  /** @internal */
  constructor(path: string, fd: number) {
    this.path = path
    this.#fd = fd
  }

  /**
   * At most `count` bytes from where the last read ended, or from `position`; undefined at the end.
   *
   * Cancellation: throws after the system is done; the bytes are then lost.
   */
  async read(count: number = CHUNK, position?: number): Promise<Buffer | undefined> {
    requireCount('OpenFile.read: count', count)
    const buffer = Buffer.allocUnsafe(count)
    const size = await this.#work<number>('read', (fd, done, failed) => {
      read(fd, buffer, 0, count, position ?? null, (error, size) => {
        if (error) failed(error)
        else done(size)
      })
    })
    return size === 0 ? undefined : buffer.subarray(0, size)
  }

  /** Everything from where the last read ended. */
  async readAll(): Promise<Buffer> {
    const chunks: Buffer[] = []
    for await (const chunk of this) chunks.push(chunk)
    return Buffer.concat(chunks)
  }

  /**
   * Writes all of it, where the last write ended or at `position`.
   *
   * Cancellation: between two parts of a large write.
   *
   * @throws Error ENOSPC: the system's own; what was written so far stays
   */
  async write(bytes: string | Uint8Array, position?: number): Promise<void> {
    const all = typeof bytes === 'string' ? Buffer.from(bytes) : bytes
    for (let at = 0; at < all.length;) {
      const part = all.subarray(at, at + 1024 * 1024)
      at += await this.#work<number>('write', (fd, done, failed) => {
        const where = position === undefined ? null : position + at
        write(fd, part, 0, part.length, where, (error, size) => {
          if (error) failed(error)
          else done(size)
        })
      })
    }
  }

  /** Waits until what was written is on disk. */
  sync(): Promise<void> {
    return this.#work('sync', (fd, done, failed) => fsync(fd, settle(done, failed)))
  }

  /** Truncates it to this size, or extends it with zeros. */
  truncate(size: number): Promise<void> {
    requireCount('OpenFile.truncate: size', size, 0)
    return this.#work('truncate', (fd, done, failed) => ftruncate(fd, size, settle(done, failed)))
  }

  stat(): Promise<Stats> {
    return this.#work('stat', (fd, done, failed) => {
      fstat(fd, (error, stats) => (error ? failed(error) : done(stats)))
    })
  }

  /** Its lines, decoded as UTF-8. */
  lines(options: LineOptions = {}): AsyncIterableIterator<string> {
    const splitter = new LineSplitter('OpenFile.lines', options)
    return new LineIterator(splitter, { read: () => this.read(), leave: () => {} })
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Buffer, void, void> {
    for (let chunk = await this.read(); chunk !== undefined; chunk = await this.read()) yield chunk
  }

  /** Closes it once operations in progress are done. Cancellation: does not cut it short. */
  close(): Promise<void> {
    return (this.#closing ??= shield(() => this.#close()))
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  get [Symbol.toStringTag](): string {
    return `OpenFile ${this.path}`
  }

  async #close(): Promise<void> {
    const fd = this.#fd as number
    this.#fd = undefined
    await Promise.allSettled(this.#busy)
    await calledBack('OpenFile.close', this, (done, failed) => close(fd, settle(done, failed)))
  }

  /** System calls cannot be stopped: they are waited for. */
  async #work<T>(
    method: string,
    begin: (fd: number, done: (value: T) => void, failed: (error: unknown) => void) => void,
  ): Promise<T> {
    const fd = this.#fd
    if (fd === undefined) {
      throw new ClosedError(`OpenFile.${method}: ${this.path} is closed; open it again`)
    }
    throwIfCancelled()
    const work = uninterrupted<T>(`OpenFile.${method}`, this, (done, failed) => {
      begin(fd, done, failed)
    })
    this.#busy.add(work)
    try {
      return await work
    } finally {
      this.#busy.delete(work)
    }
  }
}

function uninterrupted<T>(...wait: Parameters<typeof calledBack<T>>): Promise<T> {
  return shield(() => calledBack<T>(...wait))
}

function settle(
  done: (value: void) => void,
  failed: (error: unknown) => void,
): (error: Error | null) => void {
  return (error) => (error === null ? done() : failed(error))
}

function isSpecial(path: string): FileError {
  return new FileError(
    'SPECIAL',
    path,
    `openFile: ${path} is no ordinary file but a FIFO, a device, a folder or a socket; give special: true for a device`,
  )
}
