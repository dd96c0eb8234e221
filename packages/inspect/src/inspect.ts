import { isMainThread } from 'node:worker_threads'
import { requireOptions } from 'corral/lowlevel'
import { listenForClients } from './listen-for-clients.ts'
import { recorder as openRecorder } from './recorder/recorder.ts'
import type { Recorder } from './recorder/recorder.ts'
import { stuck } from './stuck/stuck.ts'
import { watchdog as openWatchdog } from './watchdog/watchdog.ts'
import type { Watchdog, WatchdogOptions } from './watchdog/watchdog.ts'

export interface InspectOptions {
  /** Reports what blocks the event loop of the main thread: whether, or how. Default true. */
  readonly watchdog?: boolean | WatchdogOptions
  /** Reports tasks that wait longer than this, in milliseconds; `Infinity` for none. Default 30 000. */
  readonly stuckAfter?: number
  /**
   * Keeps the last events, and writes them to this file at a crash, at SIGTERM and at SIGUSR2. Default none: it is the one part
   * that costs each task and each wait.
   */
  readonly recorder?: string
  /**
   * Listens for `corral ps`, `top`, `dashboard` and `record` on a Unix socket that only its user can open, so that they need no
   * SIGUSR1 and no inspector: whether, or the folder of the socket. Default false.
   */
  readonly listen?: boolean | string
}

/** What looks into the program, until it is disposed. */
export interface Inspection extends AsyncDisposable {
  readonly watchdog: Watchdog | undefined
  readonly recorder: Recorder | undefined
}

/**
 * Looks into the program that runs, for production: reports on stderr what blocks the event loop and what is stuck, and keeps a
 * recording if it is asked to. Importing it starts nothing.
 *
 * @throws Error ENOENT, EACCES: the system's own, when there can be no socket
 * @example
 * await using looking = inspect({ recorder: '/var/log/app/last.pftrace' })
 */
export function inspect(options: InspectOptions = {}): Inspection {
  requireOptions('inspect', options)
  const { watchdog = true, stuckAfter = 30_000, recorder, listen = false } = options
  using stack = new DisposableStack()
  const dog =
    watchdog === false || !isMainThread
      ? undefined
      : stack.use(openWatchdog(watchdog === true ? {} : watchdog))
  if (stuckAfter !== Infinity) stack.use(stuck({ after: stuckAfter }))
  const flight = recorder === undefined ? undefined : stack.use(openRecorder())
  flight?.onCrash(recorder as string, { signals: ['SIGTERM', 'SIGUSR2'] })
  if (listen !== false) stack.use(listenForClients(listen === true ? undefined : listen))
  const parts = stack.move()
  return {
    watchdog: dog,
    recorder: flight,
    async [Symbol.asyncDispose]() {
      parts.dispose()
    },
  }
}
