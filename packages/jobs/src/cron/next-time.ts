import { Cron } from 'croner'
import { JobsError } from '../errors.ts'

/**
 * The first time after `after` that an expression of cron names, in a time zone. Where a clock is put forward, a time that is
 * left out comes when the clock goes on; where it is put back, a time that there is twice comes once.
 *
 * @param after in milliseconds since the epoch
 * @throws JobsError CRON when it cannot be read, never comes, or the zone is unknown
 */
export function nextTime(expression: string, timezone: string, after: number): number {
  const next = parsed(expression, timezone).nextRun(new Date(after))
  if (next !== null) return next.getTime()
  throw new JobsError(
    'CRON',
    `jobs.cron: expression must come some time, got ${JSON.stringify(expression)}`,
  )
}

function parsed(expression: string, timezone: string): Cron {
  const fields = typeof expression === 'string' ? expression.trim().split(/\s+/).length : 0
  // croner knows nicknames, and a seventh field for the year.
  if (fields !== 5 && fields !== 6) {
    const got = typeof expression === 'string' ? JSON.stringify(expression) : String(expression)
    throw new JobsError(
      'CRON',
      `jobs.cron: expression must have five fields, or six with seconds, got ${got}`,
    )
  }
  try {
    Intl.DateTimeFormat('en', { timeZone: timezone })
    return new Cron(expression, { timezone, paused: true })
  } catch (error) {
    const got = `${JSON.stringify(expression)} in ${JSON.stringify(timezone)}`
    throw new JobsError('CRON', `jobs.cron: expression and time zone must be known, got ${got}`, {
      cause: error,
    })
  }
}
