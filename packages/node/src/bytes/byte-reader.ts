import type { Readable } from 'node:stream'
import { BusyError, moveOnAfter, now } from 'corral'
import { ready, refuse, requireCount, suspend, Waiter, WaitQueue, wake } from 'corral/lowlevel'
import { FrameError } from './frame-error.ts'
import { LineIterator } from './line-iterator.ts'
import { LineSplitter } from './line-splitter.ts'
import type { LineOptions } from './line-splitter.ts'

/**
 * Reads the bytes of a Node stream, one reader at a time. Unread bytes stay in the stream and apply back-pressure to
 * the writer: memory stays bounded.
 *
 * Cancellation: a cancelled wait throws `Cancelled` and loses no bytes; the next read continues there.
 *
 * @example
 * await using child = await openProcess('git', ['log'])
 * const first = await child.stdout.readUntil('\n')
 * @see asyncio.StreamReader
 */
export class ByteReader implements AsyncIterable<Buffer> {
  readonly #source: Readable
  readonly #line = new WaitQueue()
  /** Bytes taken from the stream and not yet returned to a reader. */
  #kept: Buffer[] = []
  #busy = false
  #ended = false
  #error: Error | undefined
  readonly #onDemand: boolean
  /** From this moment on, no more is waited for: see `endBy`. */
  #deadline = Infinity
  #room = 0

  /** Makes the error thrown when the stream breaks off, with or without an error of its own. */
  readonly #broken: (error: Error | undefined) => Error | undefined

  /**
   * @param source a byte stream that nothing else reads
   * @param broken converts the stream's error, or makes one when it breaks off without any
   * @param options.onDemand takes bytes from the system only while a task waits for them
   */
  constructor(
    source: Readable,
    broken: (error: Error | undefined) => Error | undefined = (error) => error,
    { onDemand = false }: { readonly onDemand?: boolean } = {},
  ) {
    if (source.readableObjectMode) refuse('ByteReader: source', 'a stream of bytes', source)
    this.#source = source
    this.#broken = broken
    this.#onDemand = onDemand
    if (!onDemand) source.on('readable', this.#arrived)
    source.on('end', this.#end)
    source.on('close', this.#breakOff)
    source.on('error', this.#breakOff)
    // It may have ended before this listener was added.
    if (source.readableEnded) this.#end()
    else if (source.destroyed) this.#breakOff(source.errored ?? undefined)
  }

  /** Whatever has arrived; undefined at the end. */
  read(): Promise<Buffer | undefined> {
    if (!this.#busy) {
      const chunk = this.#take()
      if (chunk !== undefined) return ready('ByteReader.read', this, chunk)
    }
    return this.#alone(() => this.#next('ByteReader.read'))
  }

  /**
   * Exactly `count` bytes.
   *
   * @throws FrameError TRUNCATED when the stream ends before that; the bytes can still be read
   */
  async readExactly(count: number): Promise<Buffer> {
    requireCount('ByteReader.readExactly: count', count, 0)
    return this.#alone(async () => {
      const found = await this.#gather('ByteReader.readExactly', (_, size) =>
        size >= count ? count : undefined,
      )
      if (found !== undefined) return found
      throw new FrameError(
        'TRUNCATED',
        `ByteReader.readExactly: the bytes end after ${this.#keptSize} of ${count}; read() gives what there is`,
      )
    })
  }

  /**
   * Everything up to `mark`, which is the end of what is returned.
   *
   * @param max in bytes, including the mark; 1 MiB by default
   * @throws FrameError TOO_LONG without a mark in `max` bytes, TRUNCATED without one before the end; the bytes can
   * still be read
   */
  async readUntil(mark: string | Uint8Array, max: number = 1024 * 1024): Promise<Buffer> {
    const sought = typeof mark === 'string' ? Buffer.from(mark) : mark
    if (sought.length === 0) refuse('ByteReader.readUntil: mark', 'at least one byte', mark)
    requireCount('ByteReader.readUntil: max', max)
    return this.#alone(async () => {
      let looked = 0
      const found = await this.#gather('ByteReader.readUntil', (bytes, size) => {
        const at = bytes().indexOf(sought, looked)
        looked = Math.max(0, size - sought.length + 1)
        if (at !== -1 && at + sought.length <= max) return at + sought.length
        if (at === -1 && size < max) return undefined
        throw new FrameError(
          'TOO_LONG',
          `ByteReader.readUntil: no mark in ${max} bytes; give a larger max`,
        )
      })
      if (found !== undefined) return found
      throw new FrameError(
        'TRUNCATED',
        `ByteReader.readUntil: the bytes end after ${this.#keptSize} without the mark; read() gives what there is`,
      )
    })
  }

  /** Waits for a byte or the end; returns whether it is the end. */
  isAtEnd(): Promise<boolean> {
    return this.#alone(async () => {
      const chunk = await this.#next('ByteReader.isAtEnd')
      if (chunk !== undefined) this.#kept.unshift(chunk)
      return chunk === undefined
    })
  }

  /** Its lines; what follows the last line taken can still be read after leaving the loop. */
  lines(options: LineOptions = {}): AsyncIterableIterator<string> {
    return new LineIterator(new LineSplitter('ByteReader.lines', options), {
      read: () => this.read(),
      leave: (rest) => {
        if (rest.length > 0) this.#kept.unshift(rest)
      },
    })
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Buffer, void, void> {
    for (;;) {
      const chunk = await this.read()
      if (chunk === undefined) return
      yield chunk
    }
  }

  get [Symbol.toStringTag](): string {
    return 'ByteReader'
  }

  /**
   * From now on, the stream counts as ended after `ms`: an unrelated process may hold the other side open. What arrives
   * until then is read.
   *
   * @internal
   */
  endBy(ms: number): void {
    this.#deadline = now() + ms
    this.#wake()
  }

  /**
   * From now on drains the stream, so that the writer is not blocked, and keeps up to this many bytes.
   *
   * @internal
   */
  keep(bytes: number): void {
    this.#room = bytes
    this.#arrived()
  }

  /** @internal */
  destroy(): void {
    this.#source.destroy()
  }

  /**
   * Hands the stream over to another reader, with all unread bytes.
   *
   * @internal
   */
  detach(): void {
    if (this.#busy) throw new BusyError('ByteReader: somebody reads; let them end first')
    this.#source.off('readable', this.#arrived)
    this.#source.off('end', this.#end)
    this.#source.off('close', this.#breakOff)
    for (const chunk of this.#kept.reverse()) this.#source.unshift(chunk)
    this.#kept = []
  }

  get #keptSize(): number {
    return this.#kept.reduce((size, chunk) => size + chunk.length, 0)
  }

  async #alone<T>(read: () => Promise<T>): Promise<T> {
    if (this.#busy) {
      throw new BusyError('ByteReader: somebody reads already; one reader at a time')
    }
    this.#busy = true
    try {
      return await read()
    } finally {
      this.#busy = false
    }
  }

  /** Buffers until `enough` says how many bytes are wanted, and returns those; undefined at the end. */
  async #gather(
    kind: string,
    enough: (bytes: () => Buffer, size: number) => number | undefined,
  ): Promise<Buffer | undefined> {
    const joined = (): Buffer => {
      if (this.#kept.length > 1) this.#kept = [Buffer.concat(this.#kept)]
      return this.#kept[0] ?? Buffer.alloc(0)
    }
    let size = this.#keptSize
    for (;;) {
      const count = enough(joined, size)
      if (count !== undefined) {
        const bytes = joined()
        this.#kept = count < bytes.length ? [bytes.subarray(count)] : []
        return bytes.subarray(0, count)
      }
      const chunk = await this.#nextOf(kind, () => this.#pull())
      if (chunk === undefined) return undefined
      this.#kept.push(chunk)
      size += chunk.length
    }
  }

  #next(kind: string): Promise<Buffer | undefined> {
    return this.#nextOf(kind, () => this.#take())
  }

  async #nextOf(kind: string, take: () => Buffer | undefined): Promise<Buffer | undefined> {
    for (;;) {
      const chunk = take()
      if (chunk !== undefined) return chunk
      if (this.#ended) {
        if (this.#error !== undefined) throw this.#error
        return undefined
      }
      const wait = (): Promise<void> => this.#arrival(kind)
      if (this.#deadline === Infinity) {
        await wait()
        continue
      }
      const { timedOut } = await moveOnAfter(Math.max(0, this.#deadline - now()), wait)
      if (timedOut) {
        this.#source.destroy()
        this.#end()
      }
    }
  }

  #take(): Buffer | undefined {
    return this.#kept.shift() ?? this.#pull()
  }

  #pull(): Buffer | undefined {
    const chunk = (this.#source.read() as Buffer | null) ?? undefined
    if (this.#onDemand && this.#line.size === 0) {
      this.#source.on('readable', this.#arrived)
      this.#rest()
    }
    return chunk
  }

  async #arrival(kind: string): Promise<void> {
    if (this.#onDemand) this.#source.on('readable', this.#arrived)
    try {
      await suspend(new Waiter(kind, this, this.#line))
    } finally {
      if (this.#onDemand) this.#rest()
    }
  }

  /** Pauses the stream when no task waits: a stream with a new listener only obeys `pause` afterwards. */
  #rest(): void {
    const source = this.#source.off('readable', this.#arrived)
    setImmediate(() => {
      if (this.#line.size === 0) source.pause()
    })
  }

  readonly #arrived = (): void => {
    if (this.#room > 0) this.#drain()
    this.#wake()
  }

  #drain(): void {
    for (let chunk = this.#pull(); chunk !== undefined; chunk = this.#pull()) {
      if (this.#room > 1) this.#kept.push(chunk)
      this.#room = Math.max(1, this.#room - chunk.length)
    }
  }

  readonly #end = (): void => {
    this.#ended = true
    this.#wake()
  }

  readonly #breakOff = (error?: Error): void => {
    if (!this.#ended) this.#error = this.#broken(error)
    this.#end()
  }

  #wake(): void {
    for (const waiter of this.#line) wake(waiter, undefined)
  }
}
