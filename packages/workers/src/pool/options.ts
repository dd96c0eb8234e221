import { availableParallelism } from 'node:os'
import type { Transferable } from 'node:worker_threads'
import { MisuseError } from 'corral'
import type { TaskLocal } from 'corral'
import {
  describe,
  requireCount,
  requireDuration,
  requireFunction,
  requireLimit,
  requireWord,
} from 'corral/lowlevel'
import type { WorkerContext } from '../thread/define-worker.ts'
import { errorClasses } from '../wire/decode-error.ts'
import type { ErrorClass } from '../wire/decode-error.ts'

/** Functions that a pool's threads may call on its side: see `hostOf`. */
export type PoolHost = Readonly<Record<string, (...args: never[]) => unknown>>

export interface WorkerPoolOptions {
  /**
   * Whether each thread is a process of its own: for native code that is not made for threads, that may crash, or that
   * outlives the end of its thread. It starts and talks more slowly, and copies what it could hand over. Default `thread`.
   */
  readonly isolation?: 'thread' | 'process'
  /** Functions of this side that the threads may call, by `hostOf`. */
  readonly host?: PoolHost
  /** How many threads there are at the most. Default: as many as the machine can run at once. */
  readonly threads?: number
  /** How many are kept when nobody needs them; they are started ahead. Default 0. */
  readonly min?: number
  /** How long a thread above `min` may lie idle before it ends, in milliseconds. Default `Infinity`. */
  readonly idle?: number
  /** Calls that may wait for a thread; one more throws `FullError`. Default `Infinity`. */
  readonly maxQueue?: number
  /** The heap of one thread in MiB, without buffers. Default: what Node gives a thread. */
  readonly memory?: number
  /** How long a cancelled function has to come to a checkpoint, in milliseconds, before its thread is ended. Default 20. */
  readonly grace?: number
  /** How long it has from there to end, its `finally` included, in milliseconds. Default 1000. */
  readonly cleanup?: number
  /** Values that travel into the thread: the same names as in `defineWorker`. They are copied. */
  readonly context?: WorkerContext
  /** Classes of errors to be restored, by their names; those of the language and of corral are known. */
  readonly errors?: readonly ErrorClass[]
  /** What threads are called, for debuggers. Default `worker`. */
  readonly name?: string
  /** The environment variables of the threads. Default: a copy of `process.env`. */
  readonly env?: Readonly<Record<string, string | undefined>>
  /** Options of node for the threads. Default: those of this process. */
  readonly execArgv?: readonly string[]
  /**
   * Told of errors that no caller is there for: a thread that crashes while it is idle or is started
   * ahead. Without it they are unhandled rejections.
   */
  readonly onError?: (error: unknown) => void
}

export interface RunOptions {
  /** Buffers, ports or streams among the arguments that are handed over instead of copied. */
  readonly transfer?: readonly Transferable[]
}

export interface IterateOptions extends RunOptions {
  /** How many items may be ready that nobody has taken; then the generator waits. Default 16. */
  readonly buffer?: number
}

export interface PoolSettings {
  readonly isolation: 'thread' | 'process'
  readonly host: PoolHost | undefined
  readonly threads: number
  readonly min: number
  readonly idle: number
  readonly maxQueue: number
  readonly memory: number | undefined
  readonly grace: number
  readonly cleanup: number
  readonly context: readonly (readonly [string, TaskLocal<unknown>])[]
  readonly classes: ReadonlyMap<string, ErrorClass>
  readonly name: string
  readonly env: Readonly<Record<string, string | undefined>> | undefined
  readonly execArgv: readonly string[] | undefined
  readonly onError: ((error: unknown) => void) | undefined
}

/** The options with their defaults; refuses what cannot be right. */
export function settingsOf(options: WorkerPoolOptions): PoolSettings {
  const {
    isolation = 'thread',
    host,
    threads = availableParallelism(),
    min = 0,
    idle = Infinity,
    maxQueue = Infinity,
    memory,
    grace = 20,
    cleanup = 1000,
    context = {},
    errors = [],
    name = 'worker',
    env,
    execArgv,
    onError,
  } = options
  requireWord('WorkerPool: isolation', isolation, ['thread', 'process'])
  requireCount('WorkerPool: threads', threads)
  requireCount('WorkerPool: min', min, 0)
  requireDuration('WorkerPool: idle', idle)
  requireLimit('WorkerPool: maxQueue', maxQueue, 0)
  if (memory !== undefined) requireCount('WorkerPool: memory', memory, 8)
  requireDuration('WorkerPool: grace', grace)
  requireDuration('WorkerPool: cleanup', cleanup)
  if (onError !== undefined) requireFunction('WorkerPool: onError', onError)
  for (const [key, fn] of Object.entries(host ?? {})) requireFunction(`WorkerPool: host.${key}`, fn)
  for (const each of errors) requireFunction('WorkerPool: errors', each)
  return {
    isolation,
    host,
    threads,
    min: Math.min(min, threads),
    idle,
    maxQueue,
    memory,
    grace,
    cleanup,
    context: Object.entries(context).map(requireLocal),
    classes: errorClasses(errors),
    name,
    env,
    execArgv,
    onError,
  }
}

function requireLocal<T extends readonly [string, TaskLocal<unknown>]>(entry: T): T {
  const [name, local] = entry
  if (typeof (local as TaskLocal<unknown> | undefined)?.get === 'function') return entry
  throw new MisuseError(`WorkerPool: context.${name} must be a TaskLocal, got ${describe(local)}`)
}
