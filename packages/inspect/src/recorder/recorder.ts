import { requireCount, requireOptions, requireWord } from 'corral/lowlevel'
import { toChrome } from './chrome.ts'
import { dumpOnCrash } from './dump-on-crash.ts'
import { EventLog } from './event-log.ts'
import { toPerfetto } from './perfetto.ts'
import { replaceFile } from './replace-file.ts'

export interface RecorderOptions {
  /** How many events are kept, at least; 16 bytes each. Default 65 536. */
  readonly events?: number
}

export interface WriteOptions {
  /** `perfetto` (the default) opens in ui.perfetto.dev; `chrome` is JSON, which more tools read. */
  readonly format?: 'perfetto' | 'chrome'
}

export interface CrashOptions extends WriteOptions {
  /**
   * Signals that write it too. After SIGUSR2 the process goes on; after another one, such as SIGTERM, it ends unless somebody
   * else listens to that signal. Default none.
   */
  readonly signals?: readonly NodeJS.Signals[]
}

/** The last events of the program: tasks that start and end, waits that begin and end. */
export interface Recorder extends Disposable {
  /** How many events there were since it began. */
  readonly count: number
  /** How much memory the events take, whatever happens. */
  readonly bytes: number
  /**
   * Writes them as a picture with a track for each task, named after it, below that of its spawner. The file is there whole or
   * not at all. It blocks: some 50 ms for 65 536 events.
   *
   * @throws Error ENOSPC, EACCES: the system's own
   */
  write(path: string, options?: WriteOptions): void
  /** Writes them to `path` when the process is about to end of an error that nobody caught, until it is disposed. */
  onCrash(path: string, options?: CrashOptions): Disposable
}

/**
 * A flight recorder: keeps the last events of the program in memory of a fixed size, to be looked at when something has
 * happened. A task costs five events, a wait two.
 *
 * @example
 * using flight = recorder()
 * flight.onCrash('/var/log/app/last.pftrace', { signals: ['SIGUSR2'] })
 * @see Go's runtime/trace.FlightRecorder, Java Flight Recorder
 */
export function recorder(options: RecorderOptions = {}): Recorder {
  requireOptions('recorder', options)
  const { events = 65_536 } = options
  requireCount('recorder: events', events, 2)
  return new FlightRecorder(new EventLog(events))
}

/** What is recorded in a log, written to files. */
export class FlightRecorder implements Recorder {
  readonly #log: EventLog
  readonly #dumps = new DisposableStack()

  constructor(log: EventLog) {
    this.#log = log
    this.#dumps.use(log)
  }

  get count(): number {
    return this.#log.ring.count
  }

  get bytes(): number {
    return this.#log.ring.bytes
  }

  write(path: string, options: WriteOptions = {}): void {
    requireOptions('Recorder.write', options)
    const { format = 'perfetto' } = options
    requireWord('Recorder.write: format', format, ['perfetto', 'chrome'])
    const trace = this.#log.trace()
    const about = { pid: process.pid, name: process.title }
    replaceFile(path, format === 'perfetto' ? toPerfetto(trace, about) : toChrome(trace, about))
  }

  onCrash(path: string, { signals = [], ...options }: CrashOptions = {}): Disposable {
    return this.#dumps.use(dumpOnCrash(() => this.write(path, options), signals))
  }

  [Symbol.dispose](): void {
    this.#dumps.dispose()
  }
}
