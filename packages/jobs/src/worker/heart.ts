import { Worker } from 'node:worker_threads'
import { Event } from 'corral'

/** What the thread that beats is told. */
export interface Pulse {
  /** The worker whose row it touches. */
  readonly id: string
  /** How often, in milliseconds. */
  readonly every: number
  /** After so long without success the worker takes its jobs for lost, in milliseconds. */
  readonly lease: number
  /** How long the event loop may be blocked, in milliseconds. */
  readonly maxStall: number
  /** Grows while the event loop turns. */
  readonly turns: Int32Array<SharedArrayBuffer>
}

/** What it tells. */
export type HeartMessage = 'beating' | 'lost' | { readonly error: unknown }

/**
 * A thread that shows a worker to be alive, so that a blocked event loop costs no lease. It beats until it is stopped,
 * as long as the loop turns at least every `maxStall`.
 */
export class Heart {
  /** The worker's jobs may belong to others. */
  readonly lost: Event = new Event({ name: 'lease lost' })
  readonly #thread: Worker
  readonly #turning: NodeJS.Timeout
  readonly #exited = new Event()

  private constructor(thread: Worker, turns: Int32Array<SharedArrayBuffer>, every: number) {
    this.#thread = thread
    this.#turning = setInterval(() => Atomics.add(turns, 0, 1), every)
    this.#turning.unref()
    thread.on('exit', () => this.#exited.set())
  }

  /** Starts it, and returns when it has beaten once. */
  static async start(
    script: URL,
    pulse: Omit<Pulse, 'turns'>,
    more: Readonly<Record<string, unknown>>,
  ): Promise<Heart> {
    const turns = new Int32Array(new SharedArrayBuffer(4))
    const fromSource = script.pathname.endsWith('.ts')
    const thread = new Worker(script, {
      name: 'corral-jobs',
      execArgv: fromSource ? ['--conditions=@corral/source'] : [],
      workerData: { ...pulse, ...more, turns },
    })
    thread.unref()
    const heart = new Heart(thread, turns, pulse.every)
    const begun = new Event()
    let failure: Error | undefined
    thread.on('message', (message: HeartMessage) => {
      if (message === 'lost') heart.lost.set()
      else if (message !== 'beating') failure = message.error as Error
      begun.set()
    })
    thread.on('error', (error: Error) => {
      failure = error
      heart.lost.set()
      begun.set()
    })
    try {
      await begun.wait()
      if (failure !== undefined) throw failure
      return heart
    } catch (error) {
      await heart.stop()
      throw error
    }
  }

  /** Ends it at once. */
  async stop(): Promise<void> {
    clearInterval(this.#turning)
    void this.#thread.terminate()
    this.#thread.ref()
    await this.#exited.wait()
  }
}
