import type { CrawlProgress } from '@corral/crawl'
import { formatCount } from '../format/format-count.ts'
import { formatDuration } from '../format/format-duration.ts'
import { formatRate } from '../format/format-rate.ts'
import { waitingText } from './waiting-text.ts'

/** The progress as a line of a log: always the same fields in the same order, and behind them why nothing happens. */
export function logLine(progress: CrawlProgress): string {
  const { elapsed, pages, rate, queued, inFlight, failed } = progress
  const waiting = waitingText(progress)
  return [
    `${formatDuration(elapsed)}:`,
    `${formatCount(pages)} pages,`,
    `${formatRate(rate)},`,
    `${formatCount(queued)} queued,`,
    `${formatCount(inFlight)} in flight,`,
    `${formatCount(failed)} failed${waiting === undefined ? '' : `; ${waiting}`}`,
  ].join(' ')
}
