import type { Readable } from 'node:stream'
import { BusyError, now } from 'corral'
import {
  currentScope,
  ready,
  refuse,
  requireCount,
  suspend,
  Timer,
  Waiter,
  WaitQueue,
  wake,
  wakeWithError,
} from 'corral/lowlevel'
import { FrameError, truncated } from './frame-error.ts'
import { LineIterator } from './line-iterator.ts'
import { LineSplitter } from './line-splitter.ts'
import type { LineOptions } from './line-splitter.ts'
import { listen, listenForBytes, listenForNoBytes, unlisten } from './stream-listeners.ts'
import type { ReaderOwner } from './stream-listeners.ts'

/** Not written to: shared by the readers that keep none. */
const NOTHING: Buffer[] = []

const BUSY = 'ByteReader: somebody reads already; one reader at a time'

/** Marks a wait that is given the bytes themselves. */
const GIVE = Symbol('give')

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
  readonly #owner: ReaderOwner | undefined
  readonly #onDemand: boolean
  #line: WaitQueue<Buffer | undefined> | undefined
  /** Bytes taken from the stream and not yet returned to a reader. */
  #kept: Buffer[] = NOTHING
  #busy = false
  #ended = false
  #error: Error | undefined
  /** From this moment on, no more is waited for: see `endBy`. */
  #deadline = Infinity
  #alarm: Timer | undefined
  #room = 0

  /**
   * @param source a byte stream that nothing else reads
   * @param options.onDemand takes bytes from the system only while a task waits for them
   */
  constructor(source: Readable, options?: { readonly onDemand?: boolean })
  /** @internal */
  constructor(source: Readable, options: { readonly owner: ReaderOwner })
  constructor(source: Readable, options: { onDemand?: boolean; owner?: ReaderOwner } = {}) {
    if (source.readableObjectMode) refuse('ByteReader: source', 'a stream of bytes', source)
    this.#source = source
    this.#owner = options.owner
    this.#onDemand = options.onDemand ?? false
    if (!this.#onDemand) listenForBytes(source)
    listen(source, this)
    // It may have ended before this listener was added.
    if (source.readableEnded) this.ended()
    else if (source.destroyed) this.brokeOff(source.errored ?? undefined)
  }

  /** Whatever has arrived; undefined at the end. */
  read(): Promise<Buffer | undefined> {
    const kind = 'ByteReader.read'
    if (this.#isBusy || this.#onDemand) return this.#alone(() => this.#nextOf(kind))
    const chunk = this.#take()
    if (chunk !== undefined) return ready(kind, this, chunk)
    if (!this.#ended) return this.#wait(kind, GIVE)
    return this.#error === undefined ? ready(kind, this, undefined) : Promise.reject(this.#error)
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
      throw truncated('ByteReader.readExactly', `after ${this.#keptSize} of ${count}`)
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
        const message = `ByteReader.readUntil: no mark in ${max} bytes; give a larger max`
        throw new FrameError('TOO_LONG', message)
      })
      if (found !== undefined) return found
      throw truncated('ByteReader.readUntil', `after ${this.#keptSize} without the mark`)
    })
  }

  /** Waits for a byte or the end; returns whether it is the end. */
  isAtEnd(): Promise<boolean> {
    return this.#alone(async () => {
      const chunk = await this.#nextOf('ByteReader.isAtEnd')
      if (chunk !== undefined) this.#putBack(chunk)
      return chunk === undefined
    })
  }

  /** Its lines; what follows the last line taken can still be read after leaving the loop. */
  lines(options: LineOptions = {}): AsyncIterableIterator<string> {
    return new LineIterator(new LineSplitter('ByteReader.lines', options), {
      read: () => this.read(),
      leave: (rest) => {
        if (rest.length > 0) this.#putBack(rest)
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
    if (this.#waiting > 0) this.#limit()
  }

  /**
   * From now on drains the stream, so that the writer is not blocked, and keeps up to this many bytes.
   *
   * @internal
   */
  keep(bytes: number): void {
    this.#room = bytes
    this.arrived()
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
    if (this.#isBusy) throw new BusyError(BUSY)
    unlisten(this.#source)
    for (const chunk of this.#kept.reverse()) this.#source.unshift(chunk)
    this.#kept = NOTHING
  }

  get #keptSize(): number {
    return this.#kept.reduce((size, chunk) => size + chunk.length, 0)
  }

  async #alone<T>(read: () => Promise<T>): Promise<T> {
    if (this.#isBusy) throw new BusyError(BUSY)
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
      if (this.#kept === NOTHING) this.#kept = []
      this.#kept.push(chunk)
      size += chunk.length
    }
  }

  async #nextOf(kind: string, take = () => this.#take()): Promise<Buffer | undefined> {
    for (;;) {
      const chunk = take()
      if (chunk !== undefined) return chunk
      if (this.#ended) {
        if (this.#error !== undefined) throw this.#error
        return undefined
      }
      await this.#arrival(kind)
    }
  }

  #take(): Buffer | undefined {
    return this.#kept.length > 0 ? this.#kept.shift() : this.#pull()
  }

  #pull(): Buffer | undefined {
    const chunk = (this.#source.read() as Buffer | null) ?? undefined
    if (this.#onDemand && this.#waiting === 0) {
      listenForBytes(this.#source)
      this.#rest()
    }
    return chunk
  }

  async #arrival(kind: string): Promise<void> {
    if (this.#onDemand) listenForBytes(this.#source)
    try {
      await this.#wait(kind)
    } finally {
      if (this.#onDemand) this.#rest()
    }
  }

  #wait(kind: string, data?: symbol): Promise<Buffer | undefined> {
    this.#line ??= new WaitQueue()
    if (this.#deadline !== Infinity) this.#limit()
    return suspend(new Waiter(kind, this, this.#line, data))
  }

  /** Whoever waits at the deadline waits no longer. */
  #limit(): void {
    this.#alarm ??= new Timer(() => {
      if (this.#waiting === 0) return
      this.#source.destroy()
      this.ended()
    })
    this.#alarm.set(currentScope().runtime.clock, this.#deadline)
  }

  /** Pauses the stream when no task waits: a stream with a new listener only obeys `pause` afterwards. */
  #rest(): void {
    const source = this.#source
    listenForNoBytes(source)
    setImmediate(() => {
      if (this.#waiting === 0) source.pause()
    })
  }

  /** @internal */
  arrived(): void {
    if (this.#room > 0) this.#drain()
    this.#wake()
  }

  #drain(): void {
    const kept = [...this.#kept]
    for (let chunk = this.#pull(); chunk !== undefined; chunk = this.#pull()) {
      if (this.#room > 1) kept.push(chunk)
      this.#room = Math.max(1, this.#room - chunk.length)
    }
    this.#kept = kept
  }

  #putBack(chunk: Buffer): void {
    this.#kept = [chunk, ...this.#kept]
  }

  /** @internal */
  ended(): void {
    this.#ended = true
    this.#alarm?.clear()
    this.#wake()
    this.#owner?.changed()
  }

  /** @internal */
  brokeOff(error?: Error): void {
    if (!this.#ended) this.#error = this.#owner === undefined ? error : this.#owner.broken(error)
    this.ended()
  }

  get #isBusy(): boolean {
    return this.#busy || this.#waiting > 0
  }

  get #waiting(): number {
    return this.#line?.size ?? 0
  }

  #wake(): void {
    const waiter = this.#line?.first
    if (waiter === undefined) return
    const chunk = waiter.data === GIVE ? this.#take() : undefined
    if (chunk !== undefined || waiter.data !== GIVE) wake(waiter, chunk)
    else if (this.#error !== undefined) wakeWithError(waiter, () => this.#error)
    else if (this.#ended) wake(waiter, undefined)
  }
}
