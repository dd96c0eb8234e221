import { formatBytes } from '../format/format-bytes.ts'
import { formatCount } from '../format/format-count.ts'
import { printable } from '../format/printable.ts'
import { shorten } from '../format/shorten.ts'
import type { Look, StemRow } from './live-view.ts'
import { spanText } from './span-text.ts'

type Column = readonly [title: string, align: 'left' | 'right', cell: (row: StemRow) => string]

const columns: readonly Column[] = [
  ['TASKS', 'left', ({ stem }) => shorten(printable(stem), 24)],
  ['N', 'right', ({ count }) => (count === 0 ? '' : formatCount(count))],
  ['CPU%', 'right', ({ cpu }) => (cpu === undefined ? '-' : cpu.toFixed(1))],
  ['SPAWN/s', 'right', ({ spawned }) => (spawned < 0.05 ? '' : formatCount(Math.round(spawned)))],
  ['WAITS FOR', 'left', ({ waitsFor }) => shorten(waitsFor, 34)],
  ['LINE', 'right', ({ line }) => (line === 0 ? '' : formatCount(line))],
  ['OLDEST', 'right', ({ oldest }) => (oldest === undefined ? '' : spanText(oldest))],
  ['HELD BY', 'left', ({ heldBy }) => shorten(heldBy, 24)],
]

/** One look at a process, as lines. */
export function topText(pid: number, { pulse, reading, cost, stems, knots }: Look): string[] {
  const { busy, delay, rss } = pulse
  const heading = [
    `corral top ${pid}`,
    `loop ${Math.round(100 * busy)} % busy`,
    `p99 delay ${Math.round(delay.p99)} ms`,
    `${formatCount(reading.tasks)} tasks`,
    formatBytes(rss),
    `view costs ${cost < 9.95 ? cost.toFixed(1) : Math.round(cost)} %`,
  ]
  const cells = stems.slice(0, 200).map((row) => columns.map(([, , cell]) => cell(row)))
  const widths = columns.map(([title], i) =>
    Math.max(title.length, ...cells.map((row) => row[i]?.length ?? 0)),
  )
  const line = (row: readonly string[]): string =>
    row
      .map((cell, i) => {
        const width = widths[i] ?? 0
        return columns[i]?.[1] === 'right' ? cell.padStart(width) : cell.padEnd(width)
      })
      .join('  ')
      .trimEnd()
  return [heading.join(' · '), line(columns.map(([title]) => title)), ...cells.map(line), ...knots]
}
