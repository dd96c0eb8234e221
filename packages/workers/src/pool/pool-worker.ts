import type { Transferable } from 'node:worker_threads'
import { MisuseError } from 'corral'
import { currentScope, describe, suspend, Waiter, WaitQueue, wake } from 'corral/lowlevel'
import type { Runtime } from 'corral/lowlevel'
import { WorkerError } from '../errors.ts'
import { notCopied } from '../thread/not-copied.ts'
import { decodeError } from '../wire/decode-error.ts'
import { Said, Told } from '../wire/messages.ts'
import type { Ended, FromThread, JobMessage } from '../wire/messages.ts'
import { Alarm } from './alarm.ts'
import type { Carrier } from './carrier.ts'
import type { Job, Outcome } from './job.ts'
import type { PoolSettings } from './options.ts'
import { ProcessCarrier } from './process-carrier.ts'
import { ThreadCarrier } from './thread-carrier.ts'

/** What a thread is given to do. */
export interface Call {
  readonly args: readonly unknown[]
  /** How many items may be under way; 0 when nobody wants them. */
  readonly window: number
  /** Milliseconds since the epoch. */
  readonly deadline: number
  /** The values that travel, if any do. */
  readonly context: readonly unknown[] | undefined
}

/**
 * One thread of a pool, or process, as the pool sees it: it does one job at a time. A job that is stopped is told so in
 * two ways, by marks that both sides see for a loop that reads no messages, and by a message for one that waits.
 *
 *   stop ── grace ──> not noticed: the thread is ended
 *            noticed ── cleanup ──> not over: the thread is ended
 *
 * A job is over only when the other side said so or has exited.
 */
export class PoolWorker {
  readonly #url: string
  readonly #settings: PoolSettings
  readonly #carrier: Carrier
  readonly #clock: Runtime['clock'] = currentScope().runtime.clock
  readonly #alarm = new Alarm()
  /** Those who wait for it to start or to exit. */
  readonly #line = new WaitQueue()
  #state: 'starting' | 'failed' | 'idle' | 'busy' | 'ending' | 'gone' = 'starting'
  #functions: readonly string[] = []
  #job: Job | undefined
  #lastId = 0
  /** Why it could not start, or what nobody caught in it. */
  #crash: { readonly error: unknown } | undefined

  private constructor(url: string, settings: PoolSettings) {
    this.#url = url
    this.#settings = settings
    const Kind = settings.isolation === 'process' ? ProcessCarrier : ThreadCarrier
    this.#carrier = new Kind(url, settings, {
      message: (message) => this.#receive(message),
      failed: (error) => (this.#crash ??= { error }),
      exited: (how, signal) => this.#exited(how, signal),
    })
  }

  /**
   * Starts a thread and waits until it has loaded its module.
   *
   * Cancellation: ends the thread and throws after it has exited.
   *
   * @throws WorkerError LOAD
   */
  static async start(url: string, settings: PoolSettings): Promise<PoolWorker> {
    const thread = new PoolWorker(url, settings)
    try {
      while (thread.#state === 'starting') {
        await suspend(new Waiter('cancellable', thread, thread.#line))
      }
      if (thread.#crash !== undefined) throw thread.#notLoaded(thread.#crash.error)
      return thread
    } catch (error) {
      await thread.end()
      throw error
    }
  }

  /** It has not exited and is not about to. */
  get alive(): boolean {
    return this.#state === 'idle' || this.#state === 'busy'
  }

  /**
   * Gives it a job.
   *
   * @throws MisuseError when there is no such function
   * @throws WorkerError CLONE
   */
  begin(
    job: Job,
    { args, window, deadline, context }: Call,
    transfer: readonly Transferable[] | undefined,
  ): void {
    if (!this.#functions.includes(job.name)) {
      throw new MisuseError(
        `WorkerPool: name must be one of ${this.#functions.join(', ')}, got ${describe(job.name)}`,
      )
    }
    job.id = this.#lastId = (this.#lastId + 1) | 0 || 1 // 0 is nobody
    const message: JobMessage =
      window === 0 && deadline === Infinity && context === undefined
        ? [Told.JOB, job.id, job.name, args]
        : [Told.JOB, job.id, job.name, args, window, deadline - this.#clock.now(), context]
    try {
      this.#carrier.post(message, transfer && [...transfer])
    } catch (error) {
      throw notCopied('an argument', job.name, error)
    }
    this.#state = 'busy'
    this.#job = job
    this.#carrier.ref()
  }

  /** Lets a generator go on: `count` of its items were taken. */
  more(job: Job, count: number): void {
    if (this.#job === job) this.#carrier.post([Told.MORE, job.id, count])
  }

  /** Tells a job to end, and sees to it that it does. Again and afterwards it does nothing. */
  stop(job: Job, reason: unknown): void {
    if (this.#job !== job || job.stopping) return
    job.stopping = true
    const { grace, cleanup } = this.#settings
    const why = told(reason)
    this.#carrier.post([Told.CANCEL, job.id, why])
    this.#carrier.marks.cancel(job.id, why)
    this.#alarm.set(this.#clock, grace, () => {
      if (this.#carrier.marks.noticed() !== job.id) this.#kill()
      else this.#alarm.set(this.#clock, cleanup, () => this.#kill())
    })
  }

  /** Has it exit, and waits for that. Its `process.on('exit')` is called unless it takes longer than `grace`. */
  async end(): Promise<void> {
    if (this.#state === 'starting' || this.#state === 'failed') {
      this.#kill()
    } else if (this.alive) {
      this.#state = 'ending'
      this.#carrier.ref()
      this.#carrier.post([Told.END])
      this.#alarm.set(this.#clock, this.#settings.grace, () => this.#kill())
    }
    while (this.#state !== 'gone') {
      await suspend(new Waiter('cancellable', this, this.#line, undefined, true))
    }
  }

  get [Symbol.toStringTag](): string {
    return `${this.#carrier.word} ${this.#settings.name}`
  }

  #kill(): void {
    this.#state = 'ending'
    this.#carrier.kill()
  }

  #receive(message: FromThread): void {
    switch (message[0]) {
      case Said.VALUE:
      case Said.ERROR:
      case Said.CANCELLED:
        this.#ended(message)
        break
      case Said.ITEM:
        if (this.#job?.id === message[1]) this.#job.item(message[2])
        break
      case Said.CALL:
        if (this.#job?.id === message[1]) this.#job.calls?.begin(message, this.#carrier)
        break
      case Said.UNCALL:
        if (this.#job?.id === message[1]) this.#job.calls?.cancel(message[2])
        break
      case Said.READY:
        this.#ready(message[1], message[2])
        break
      case Said.FAILED:
        this.#crash = { error: decodeError(message[1], this.#settings.classes) }
        this.#state = 'failed'
        this.#wake()
    }
  }

  #ready(functions: readonly string[], context: readonly string[]): void {
    const unknown = this.#settings.context.find(([key]) => !context.includes(key))
    if (unknown !== undefined) {
      const error = new MisuseError(
        `WorkerPool: context.${unknown[0]} is not declared by the module; add it to the options of defineWorker`,
      )
      this.#crash = { error }
    }
    this.#functions = functions
    this.#state = unknown === undefined ? 'idle' : 'failed'
    this.#carrier.unref()
    this.#wake()
  }

  #ended(message: Ended): void {
    const job = this.#job
    if (job === undefined || job.id !== message[1]) return
    this.#job = undefined
    this.#alarm.clear()
    if (this.#state === 'busy') {
      this.#state = 'idle'
      this.#carrier.unref()
    }
    job.end(this.#outcomeOf(message))
  }

  #outcomeOf(message: Ended): Outcome {
    if (message[0] === Said.VALUE) return { kind: 'value', value: message[2] }
    if (message[0] === Said.CANCELLED) return { kind: 'cancelled', reason: message[2] }
    const { classes } = this.#settings
    const [, , error] = message
    return { kind: 'failed', error: (caller) => decodeError(error, classes, caller) }
  }

  #exited(how: string, signal?: NodeJS.Signals): void {
    const idle = this.#state === 'idle'
    const starting = this.#state === 'starting'
    this.#state = 'gone'
    this.#alarm.clear()
    const job = this.#job
    this.#job = undefined
    if (starting) this.#crash ??= { error: new Error(`its ${this.#carrier.word} ${how}`) }
    else if (job !== undefined) job.end(this.#cutShort(job, how, signal))
    else if (this.#crash !== undefined && idle) this.#settings.onError?.(this.#crashed('idle'))
    this.#wake()
  }

  /** How a job ends whose thread exited. */
  #cutShort({ name, stopping }: Job, how: string, signal?: NodeJS.Signals): Outcome {
    const crash = this.#crash?.error
    if (crash === undefined && stopping) return { kind: 'cancelled', reason: undefined }
    return {
      kind: 'failed',
      error: () => {
        if (crash !== undefined) return this.#crashed(name)
        if (signal !== undefined) return this.#killed(name, signal)
        return new WorkerError(
          'EXIT',
          `WorkerPool: the ${this.#carrier.word} of ${name} ${how}; return or throw instead of process.exit`,
        )
      },
    }
  }

  #crashed(name: string): WorkerError {
    const cause = this.#crash?.error
    const { code } = (cause ?? {}) as NodeJS.ErrnoException
    if (code === 'ERR_WORKER_OUT_OF_MEMORY') return this.#outOfMemory(name, cause)
    return new WorkerError(
      'CRASH',
      `WorkerPool: the ${this.#carrier.word} of ${name} crashed (${messageOf(cause)}); catch what it starts and does not await`,
      { cause },
    )
  }

  /** V8 ends a process that has no memory left by one of these signals, as native code does that aborts. */
  #killed(name: string, signal: NodeJS.Signals): WorkerError {
    const limited = this.#settings.memory !== undefined
    if (limited && (signal === 'SIGABRT' || signal === 'SIGTRAP')) return this.#outOfMemory(name)
    return new WorkerError(
      'CRASH',
      `WorkerPool: the process of ${name} was ended by ${signal}; native code crashed, or somebody killed it`,
    )
  }

  #outOfMemory(name: string, cause?: unknown): WorkerError {
    const { memory } = this.#settings
    const now = memory === undefined ? '' : `, now ${memory} MiB`
    return new WorkerError(
      'MEMORY',
      `WorkerPool: the ${this.#carrier.word} of ${name} ran out of memory; raise memory${now}, or give it less at a time`,
      { cause },
    )
  }

  #notLoaded(cause: unknown): unknown {
    if (cause instanceof MisuseError) return cause
    return new WorkerError('LOAD', `WorkerPool: ${this.#url} did not load (${messageOf(cause)})`, {
      cause,
    })
  }

  #wake(): void {
    for (const waiter of this.#line) wake(waiter, undefined)
  }
}

function told(reason: unknown): string | undefined {
  return reason === undefined ? undefined : messageOf(reason)
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
