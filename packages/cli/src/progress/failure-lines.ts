import { printable } from '../format/printable.ts'
import { shorten } from '../format/shorten.ts'
import type { Paint } from '../display/paint.ts'
import type { RecentFailure } from '../monitor/crawl-monitor.ts'

/** A line for each failure: why, and the URL, cut in the middle when it is long. */
export function failureLines(
  failures: readonly RecentFailure[],
  width: number,
  paint: Paint,
  more = '…',
): string[] {
  const reasons = failures.map(({ kind, code }) => printable(kind === 'http' ? code : kind))
  const columns = Math.max(0, ...reasons.map((reason) => reason.length))
  const room = width - 1 - 2 - columns - 2
  if (room < 8) return []
  return failures.map(({ url }, index) => {
    const reason = paint('bad', (reasons[index] ?? '').padEnd(columns))
    return `  ${reason}  ${shorten(printable(url.replace(/^https?:\/\//, '')), room, more)}`
  })
}
