import { MisuseError } from 'corral'
import {
  refuse,
  requireDuration,
  requireFunction,
  requireLimit,
  requireOptions,
} from 'corral/lowlevel'
import type { QueryEvent } from '../query-log.ts'
import { typeParsers } from './decode.ts'
import type { Timestamps } from './decode.ts'
import { Shapes } from './statement-submission.ts'

export interface PostgresOptions {
  /** How many connections there are at the most, those being made, cancelled or ended counted in. Default 10. */
  readonly max?: number
  /** How many are kept when nobody needs them. Default 0. */
  readonly min?: number
  /** How long one above `min` may lie idle, in milliseconds. Default 30 000. */
  readonly idle?: number
  /** How long the server has to stop what was cancelled, in milliseconds; then the connection is destroyed. Default 5000. */
  readonly grace?: number
  /** How long it may take to connect, in milliseconds. Default 10 000. */
  readonly connectTimeout?: number
  /** How `timestamptz` comes back: as `Date`, to the millisecond, or as text, to the microsecond. Default `date`. */
  readonly timestamps?: Timestamps
  /**
   * A statement that comes a second time on a connection is prepared there, so that the server need not plan it again. Default
   * true; behind a pooler that knows nothing of it, it is found out and switched off.
   */
  readonly prepare?: boolean
  /**
   * Statements of the database itself share connections when all are in use: several are sent on one before the first is
   * answered. More of them a second, but one that is slow, or waits for a lock, keeps those behind it waiting; and what a
   * cancellation of another hits is sent again. Of `select`, `values`, `insert`, `update`, `delete`, `merge` and `with`. Default
   * false.
   */
  readonly pipeline?: boolean
  /** What the server shows in `pg_stat_activity`. Default `corral`. */
  readonly applicationName?: string
  /**
   * A statement of the database itself that took longer than this many milliseconds is explained: its plan is in what
   * `onQuery` is told. It is not run again. Default `Infinity`.
   */
  readonly explainAfter?: number
  /** Told of every statement. What it throws is thrown by the statement. */
  readonly onQuery?: (event: QueryEvent) => void
}

export interface PostgresSettings {
  readonly url: string
  readonly max: number
  readonly min: number
  readonly idle: number
  readonly grace: number
  readonly connectTimeout: number
  readonly shapes: Shapes
  readonly pipeline: boolean
  readonly applicationName: string
  readonly explainAfter: number
  readonly onQuery: ((event: QueryEvent) => void) | undefined
}

/** The options with their defaults; refuses what cannot be right. */
export function settingsOf(url: string, options: PostgresOptions): PostgresSettings {
  requireOptions('openPostgres', options)
  const {
    max = 10,
    min = 0,
    idle = 30_000,
    grace = 5000,
    connectTimeout = 10_000,
    timestamps = 'date',
    prepare = true,
    pipeline = false,
    applicationName = 'corral',
    explainAfter = Infinity,
    onQuery,
  } = options
  requireUrl(url)
  requireLimit('openPostgres: max', max)
  requireLimit('openPostgres: min', min, 0)
  requireDuration('openPostgres: idle', idle)
  requireDuration('openPostgres: grace', grace)
  requireDuration('openPostgres: connectTimeout', connectTimeout)
  if (timestamps !== 'date' && timestamps !== 'text') {
    refuse('openPostgres: timestamps', '"date" or "text"', timestamps)
  }
  requireDuration('openPostgres: explainAfter', explainAfter)
  if (onQuery !== undefined) requireFunction('openPostgres: onQuery', onQuery)
  const shapes = new Shapes(typeParsers(timestamps), prepare)
  return {
    url,
    max,
    min,
    idle,
    grace,
    connectTimeout,
    shapes,
    pipeline,
    applicationName,
    explainAfter,
    onQuery,
  }
}

/** Its message does not show the URL: there is a password in it. */
function requireUrl(url: string): void {
  const protocol = typeof url === 'string' ? URL.parse(url)?.protocol : undefined
  if (protocol === 'postgres:' || protocol === 'postgresql:') return
  throw new MisuseError(
    'openPostgres: url must be a URL such as postgres://user:password@host/name',
  )
}
