import { basename } from 'node:path'
import { Readable, Writable } from 'node:stream'
import { shield } from 'corral'
import {
  HomeContext,
  ready,
  requireDuration,
  suspend,
  Waiter,
  WaitQueue,
  wake,
  wakeWithError,
} from 'corral/lowlevel'
import { ByteReader } from '../bytes/byte-reader.ts'
import { ByteWriter } from '../bytes/byte-writer.ts'
import type { ProcessOptions } from './options.ts'
import { ProcessGroup } from './process-group.ts'

/**
 * A forked process, with the interface of Node's. It emits `exit`, or `lost` when the process that forked it is gone
 * and its end will never be known.
 */
export interface Forked {
  readonly pid?: number | undefined
  readonly stdin: Writable | null
  readonly stdout: Readable | null
  readonly stderr: Readable | null
  once(
    event: 'exit',
    listener: (code: number | null, signal: NodeJS.Signals | null) => void,
  ): unknown
  once(event: 'lost', listener: (error: Error) => void): unknown
}

/** How a process ended. */
export interface Exit {
  /** Its exit code, unless a signal ended it. */
  readonly code: number | undefined
  /** The signal that ended it. */
  readonly signal: NodeJS.Signals | undefined
  /** Members of its group that outlived it; they were stopped unless `leftovers` is `leave`. */
  readonly leftovers: readonly number[]
}

export interface StopOptions {
  /** How long the group has after SIGTERM, in milliseconds; by default as the process was opened with. */
  readonly grace?: number
}

/** How long to wait for the end of pipes held by a process outside the group, in milliseconds. */
const HELD = 1_000
/** How much of the output printed while a process is being stopped is kept. */
const LAST_WORDS = 1024 * 1024

/** Work that must happen regardless of cancellation runs here: outside all scopes. */
const outside = new HomeContext()

/**
 * A running process, with everything it starts: the leader of a process group. Made by `openProcess`.
 *
 * @example
 * await using child = await openProcess('tail', ['-f', 'access.log'])
 * for await (const line of child.stdout.lines()) console.log(line)
 * @see asyncio.subprocess.Process, trio.Process
 */
export class ChildProcess implements AsyncDisposable {
  readonly file: string
  readonly pid: number
  readonly stdin: ByteWriter
  readonly stdout: ByteReader
  readonly stderr: ByteReader
  readonly #group: ProcessGroup
  readonly #grace: number
  readonly #leave: boolean
  readonly #line = new WaitQueue<Exit>()
  readonly #over: Promise<void>
  #exit: Exit | undefined
  #error: Error | undefined
  #isLost = false
  #stopping: Promise<void> | undefined

  /** @internal */
  constructor(child: Forked, file: string, options: ProcessOptions, reads: boolean = true) {
    const { grace = 5_000, leftovers = 'stop', kill } = options
    this.file = file
    this.pid = child.pid as number
    this.stdin = new ByteWriter(child.stdin ?? new Writable().destroy())
    this.stdout = new ByteReader((reads ? child.stdout : undefined) ?? noBytes())
    this.stderr = new ByteReader(child.stderr ?? noBytes())
    this.#grace = grace
    this.#leave = leftovers === 'leave'
    this.#group = new ProcessGroup(this.pid, file, kill)
    this.#over = new Promise((done) => {
      child.once('exit', (code, signal) => {
        done(outside.run(() => this.#exited(code ?? undefined, signal ?? undefined)))
      })
      child.once('lost', (error) => done(outside.run(() => this.#lost(error))))
    })
  }

  /**
   * Waits until it has ended, along with any leftovers of its group that must be stopped. Its output need not be read,
   * unless the process itself waits for a reader.
   *
   * Cancellation: stops waiting; the process continues.
   *
   * @throws ProcessError UNKILLABLE
   */
  exited(): Promise<Exit> {
    const kind = `Process.exited ${basename(this.file)}`
    if (this.#error !== undefined) return Promise.reject(this.#error)
    if (this.#exit !== undefined) return ready(kind, this, this.#exit)
    return suspend(new Waiter<Exit>(kind, this, this.#line))
  }

  /** Sends a signal to the whole group; nothing happens when it is gone. */
  signal(name: NodeJS.Signals): void {
    this.#group.signal(name)
  }

  /**
   * Ends the process and its group: closes its stdin, sends SIGTERM (and SIGCONT, should it be stopped), and SIGKILL
   * after the grace. It settles when no living member is left. The first call decides the grace.
   *
   * Cancellation: does not cut it short.
   *
   * @throws ProcessError UNKILLABLE
   */
  async stop(options: StopOptions = {}): Promise<void> {
    const { grace = this.#grace } = options
    requireDuration('ChildProcess.stop: grace', grace)
    this.#stopping ??= outside.run(() => this.#stop(grace))
    const stopping = this.#stopping
    await shield(() => stopping)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      await this.stop()
    } finally {
      this.stdin.destroy()
      this.stdout.destroy()
      this.stderr.destroy()
    }
  }

  get [Symbol.toStringTag](): string {
    return `ChildProcess ${basename(this.file)} ${this.pid}`
  }

  async #stop(grace: number): Promise<void> {
    if (this.#exit !== undefined || this.#isLost) return
    this.stdin.destroy()
    this.stdout.keep(LAST_WORDS)
    this.stderr.keep(LAST_WORDS)
    await this.#group.end(grace)
    await this.#over
    if (this.#error !== undefined) throw this.#error
  }

  async #lost(error: Error): Promise<void> {
    this.#isLost = true
    await this.#group.leaderExited()
    await this.#group.end(0)
    this.#error = error
    for (const waiter of this.#line) wakeWithError(waiter, () => error)
    this.stdout.endBy(HELD)
    this.stderr.endBy(HELD)
  }

  async #exited(code: number | undefined, signal: NodeJS.Signals | undefined): Promise<void> {
    const leftovers = await this.#group.leaderExited()
    try {
      if (this.#leave && this.#stopping === undefined) this.#group.leave()
      else if (leftovers.length > 0) await this.#group.end(this.#grace)
      this.#exit = { code, signal, leftovers }
      for (const waiter of this.#line) wake(waiter, this.#exit)
    } catch (error) {
      this.#error = error as Error
      for (const waiter of this.#line) wakeWithError(waiter, () => error)
    }
    this.stdout.endBy(HELD)
    this.stderr.endBy(HELD)
  }
}

function noBytes(): Readable {
  return Readable.from([], { objectMode: false })
}
