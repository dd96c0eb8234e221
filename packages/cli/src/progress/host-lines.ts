import { formatCount } from '../format/format-count.ts'
import { formatDuration } from '../format/format-duration.ts'
import { formatRate } from '../format/format-rate.ts'
import { shorten } from '../format/shorten.ts'
import type { HostActivity } from '../monitor/crawl-monitor.ts'

/** Columns of a name below which numbers go, from the right. */
const leastName = 16
const mostName = 40

/** A line for each host: its name, cut in the middle when it is long, and numbers under each other. */
export function hostLines(hosts: readonly HostActivity[], width: number, more = '…'): string[] {
  if (hosts.length === 0) return []
  const rows = hosts.map(cellsOf)
  const names = hosts.map(({ origin }) => origin.replace(/^https?:\/\//, ''))
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((cells) => cells[column]?.length ?? 0)),
  )
  while (widths.length > 0 && roomFor(widths, width) < leastName) widths.pop()
  const room = Math.min(
    mostName,
    Math.max(...names.map((name) => name.length)),
    roomFor(widths, width),
  )
  if (room < 1) return []
  return rows.map((cells, index) => {
    const numbers = widths.map((columns, column) => `  ${(cells[column] ?? '').padStart(columns)}`)
    return `  ${shorten(names[index] ?? '', room, more).padEnd(room)}${numbers.join('')}`
  })
}

/** What is most telling comes first. */
function cellsOf({ rate, inFlight, answers, failures, latency }: HostActivity): string[] {
  return [
    formatRate(rate),
    `${formatCount(inFlight)} in flight`,
    `${formatCount(answers)} answers`,
    latency < 1000 ? `${Math.round(latency)} ms` : formatDuration(latency),
    `${formatCount(failures)} ${failures === 1 ? 'error' : 'errors'}`,
  ]
}

function roomFor(widths: readonly number[], width: number): number {
  // Two blanks before each column and before the name, and the last column of the terminal free.
  return width - 1 - 2 - widths.reduce((sum, columns) => sum + columns + 2, 0)
}
