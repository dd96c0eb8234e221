import { MisuseError } from 'corral'
import {
  refuse,
  requireDuration,
  requireFunction,
  requireLimit,
  requireOptions,
  requireWord,
} from 'corral/lowlevel'
import { requireBoolean } from '../require-boolean.ts'
import type { QueryEvent } from '../query-log.ts'
import { typeParsers } from './decode.ts'
import type { Timestamps } from './decode.ts'
import { Shapes } from './statement-submission.ts'

export interface PostgresOptions {
  /** Maximum number of connections, including those being opened, cancelled or closed. Default 10. */
  readonly max?: number
  /** How many connections to keep open when idle. Default 0. */
  readonly min?: number
  /** How long a connection above `min` may stay idle, in milliseconds. Default 30 000. */
  readonly idle?: number
  /**
   * How long the server has to stop a cancelled statement, in milliseconds; then the connection is destroyed. Default
   * 5000.
   */
  readonly grace?: number
  /** How long connecting may take, in milliseconds. Default 10 000. */
  readonly connectTimeout?: number
  /** How `timestamptz` is returned: as `Date`, to the millisecond, or as text, to the microsecond. Default `date`. */
  readonly timestamps?: Timestamps
  /**
   * Prepares a statement on its second use on a connection, so that the server need not plan it again. Default true;
   * switched off when a pooler without support for it is detected.
   */
  readonly prepare?: boolean
  /**
   * Statements run on the database itself share connections when all are in use: several are sent on one before the
   * first is answered. More statements per second, but one that is slow, or waits for a lock, delays those behind it;
   * and a statement hit by the cancellation of another is sent again. For `select`, `values`, `insert`, `update`,
   * `delete`, `merge` and `with`. Default false.
   */
  readonly pipeline?: boolean
  /** The name shown in `pg_stat_activity`. Default `corral`. */
  readonly applicationName?: string
  /**
   * A statement run on the database itself that takes longer than this, in milliseconds, is explained: `onQuery`
   * receives its plan. The statement is not run again. Default `Infinity`.
   */
  readonly explainAfter?: number
  /** Called after every statement. What it throws is thrown by the statement. */
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

/** The validated options, with defaults. */
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
  requireWord('openPostgres: timestamps', timestamps, ['date', 'text'])
  requireBoolean('openPostgres: prepare', prepare)
  requireBoolean('openPostgres: pipeline', pipeline)
  if (typeof applicationName !== 'string' || applicationName.includes('\0')) {
    refuse('openPostgres: applicationName', 'text without NUL', applicationName)
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

/** Its message does not show the URL, which may contain a password. */
function requireUrl(url: string): void {
  const rule = 'a URL such as postgres://user:password@host/name'
  if (typeof url !== 'string') refuse('openPostgres: url', rule, url)
  const protocol = URL.parse(url)?.protocol
  if (protocol !== 'postgres:' && protocol !== 'postgresql:') {
    throw new MisuseError(`openPostgres: url must be ${rule}`)
  }
  // A NUL ends a text in the protocol: what follows it would be misread.
  if (/%00|\0/.test(url)) throw new MisuseError('openPostgres: url must be without NUL (%00)')
}
