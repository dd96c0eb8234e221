import { isMainThread, Worker } from 'node:worker_threads'
import { MisuseError } from 'corral'
import {
  report,
  requireCount,
  requireDuration,
  requireFunction,
  requireOptions,
} from 'corral/lowlevel'
import { outside } from '../outside.ts'
import { describeBlock } from './block-report.ts'
import type { BlockReport } from './block-report.ts'
import { monotonic, SharedPulse } from './shared-pulse.ts'
import type { Watch } from './watchman.ts'

export interface WatchdogOptions {
  /** What counts as blocked, in milliseconds. Default 200. */
  readonly threshold?: number
  /** How often the event loop shows that it turns, in milliseconds. Default 100. */
  readonly beat?: number
  /** How many reports an hour at the most. Default 10. */
  readonly perHour?: number
  /** What becomes of a report, once the event loop turns again. Unless given it is printed on stderr. */
  readonly onBlocked?: (report: BlockReport) => void
}

export interface Watchdog extends Disposable {
  /** The watching thread is at work: for a gauge, since a watchdog that has died says nothing. */
  readonly up: boolean
  /** How many blocks were reported. */
  readonly blocks: number
}

// The file's own ending: .ts where Node strips the types, .js when built.
const script = new URL(
  import.meta.url.endsWith('.ts') ? './watchman.ts' : './watchman.js',
  import.meta.url,
)

// Captured when this is loaded: timers that a test replaces later change nothing in here.
const { clearInterval, clearTimeout, setInterval, setTimeout } = globalThis

/** A thread that has died is replaced after so long, at first and at the most, in milliseconds. */
const REPLACED = 1000
const REPLACED_AT_MOST = 60_000
/** So many looks may fail to come before the thread counts as dead. */
const LOOKS = 20

/**
 * Watches the event loop from another thread, and reports what kept it from turning: which task, where, and whether it computed
 * or slept in the operating system. It says nothing while a debugger may be connected, while the process is stopped, and of
 * time for which the machine gave it no processor. What blocks for 25 times the threshold is printed at once, from that thread: it may never end.
 *
 * It costs a timer in each thread.
 *
 * @throws MisuseError in a worker thread
 * @example
 * using dog = watchdog({ threshold: 100, onBlocked: (block) => log.warn(block, describeBlock(block)) })
 */
export function watchdog(options: WatchdogOptions = {}): Watchdog {
  requireOptions('watchdog', options)
  const { threshold = 200, beat = 100, perHour = 10, onBlocked = printed } = options
  requireDuration('watchdog: threshold', threshold)
  requireDuration('watchdog: beat', beat)
  requireCount('watchdog: perHour', perHour)
  requireFunction('watchdog: onBlocked', onBlocked)
  if (!isMainThread) {
    throw new MisuseError('watchdog: this is a worker thread; watch the main thread from itself')
  }
  return outside(() => new ThreadedWatchdog({ threshold, beat, perHour }, onBlocked))
}

function printed(block: BlockReport): void {
  process.stderr.write(`${describeBlock(block)}\n`)
}

let made = 0

class ThreadedWatchdog implements Watchdog {
  blocks = 0
  readonly #pulse = new SharedPulse()
  readonly #watch: Watch
  readonly #onBlocked: (report: BlockReport) => void
  readonly #beats: symbol
  readonly #timer: NodeJS.Timeout
  #thread: Worker | undefined
  #again: NodeJS.Timeout | undefined
  #patience = REPLACED
  #closed = false

  constructor(
    limits: Pick<Watch, 'threshold' | 'beat' | 'perHour'>,
    onBlocked: (report: BlockReport) => void,
  ) {
    const beatsKey = `corral.watchdog.${process.pid}.${++made}`
    this.#beats = Symbol.for(beatsKey)
    this.#watch = { ...limits, beatsKey, buffer: this.#pulse.buffer }
    this.#onBlocked = onBlocked
    Object.assign(globalThis, { [this.#beats]: this.#pulse })
    this.#beat()
    this.#timer = setInterval(() => this.#beat(), limits.beat).unref()
    this.#start()
  }

  get up(): boolean {
    return (
      this.#thread !== undefined &&
      monotonic() - this.#pulse.watchedAt < Math.max(1000, LOOKS * this.#watch.beat)
    )
  }

  [Symbol.dispose](): void {
    this.#closed = true
    clearInterval(this.#timer)
    clearTimeout(this.#again)
    delete (globalThis as Record<symbol, unknown>)[this.#beats]
    void this.#thread?.terminate()
    this.#thread = undefined
  }

  #beat(): void {
    const { user, system } = process.threadCpuUsage()
    this.#pulse.beat((user + system) / 1000)
  }

  #start(): void {
    // No flag of this process, no console of ours.
    const thread = new Worker(script, {
      execArgv: [],
      env: {},
      name: 'corral-watchdog',
      workerData: this.#watch,
      stdin: false,
    })
    thread.unref()
    thread.on('online', () => {
      this.#patience = REPLACED
    })
    thread.on('message', (block: BlockReport) => this.#tell(block))
    thread.on('error', () => {}) // `exit` follows
    thread.on('exit', () => this.#ended())
    this.#thread = thread
  }

  #ended(): void {
    this.#thread = undefined
    if (this.#closed) return
    this.#again = setTimeout(() => this.#start(), this.#patience).unref()
    this.#patience = Math.min(this.#patience * 2, REPLACED_AT_MOST)
  }

  #tell(block: BlockReport): void {
    if (this.#closed) return
    this.blocks += 1
    try {
      this.#onBlocked(block)
    } catch (error) {
      report(error)
    }
  }
}
