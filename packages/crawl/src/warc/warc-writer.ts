import { open, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { cancellable, Lock, now, shield } from 'corral'
import { WarcError } from './warc-error.ts'
import { formatWarcRecord, type WarcRecord } from './warc-record.ts'

const pack = promisify(gzip)

export interface WarcWriterOptions {
  /** Where the files go; must be there. */
  readonly directory: string
  /** Begins their names. */
  readonly prefix?: string
  /** Bytes after which a new file is begun. */
  readonly maxFileSize?: number
  /** Who wrote them, for their first record. */
  readonly software: string
}

/**
 * Writes WARC 1.1 files: every record a gzip member of its own, a `warcinfo` first, and a new file when one is full.
 * Never touches a file that is there: each run begins its own.
 */
export class WarcWriter implements AsyncDisposable {
  readonly #options: WarcWriterOptions
  readonly #lock = new Lock({ name: 'WARC file' })
  readonly #files: string[] = []
  #file: FileHandle | undefined
  #size = 0

  constructor(options: WarcWriterOptions) {
    this.#options = options
  }

  /** The files that were begun, in order. */
  get files(): readonly string[] {
    return this.#files
  }

  /**
   * Writes records that belong together, one after the other in one file.
   *
   * Cancellation: while it waits for its turn; what has begun to be written is written to its end.
   *
   * @param make the records, when the ids of those before are known
   * @throws WarcError
   */
  async write(...records: readonly ((ids: readonly string[]) => WarcRecord)[]): Promise<void> {
    const ids: string[] = []
    const members: Uint8Array[] = []
    for (const make of records) {
      const { id, parts } = formatWarcRecord(make(ids))
      ids.push(id)
      members.push(await cancellable(pack(Buffer.concat(parts))))
    }
    await this.#lock.use(() => shield(() => this.#append(members)))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await shield(async () => {
      await this.#file?.close()
      this.#file = undefined
    })
  }

  async #append(members: readonly Uint8Array[]): Promise<void> {
    const { maxFileSize = 1024 ** 3 } = this.#options
    try {
      if (this.#file === undefined || this.#size >= maxFileSize) await this.#begin()
      for (const member of members) {
        await this.#file?.appendFile(member)
        this.#size += member.length
      }
    } catch (error) {
      throw new WarcError(this.#files.at(-1) ?? this.#options.directory, error)
    }
  }

  async #begin(): Promise<void> {
    const { directory, prefix = 'crawl', software } = this.#options
    await this.#file?.close()
    const time = new Date(now()).toISOString().replace(/\D/g, '').slice(0, 17)
    const serial = String(this.#files.length).padStart(5, '0')
    const name = `${prefix}-${time}-${serial}.warc.gz`
    const path = join(directory, name)
    this.#files.push(path)
    this.#file = await open(path, 'wx')
    const head = `software: ${software}\r\nformat: WARC File Format 1.1\r\n`
    const fields = { 'WARC-Filename': name }
    const { parts } = formatWarcRecord({
      type: 'warcinfo',
      contentType: 'application/warc-fields',
      at: now(),
      head,
      fields,
    })
    const member = await pack(Buffer.concat(parts))
    await this.#file.appendFile(member)
    this.#size = member.length
  }
}
