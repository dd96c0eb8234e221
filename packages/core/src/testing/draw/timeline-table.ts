import { cropTimeline } from './crop-timeline.ts'
import type { Row, Timeline } from './timeline.ts'

/** Columns are this wide at the most, or their share of a wide line. */
const WIDEST = 38
const LINE = 110
const FRAME = { rows: 60, columns: 8 }

/** A row of cells, or a line across all columns. */
type Line = Cells | string
type Cells = { readonly time: string; readonly seq: string; readonly cells: readonly string[] }

/**
 * A timeline as text. A late wake-up is marked where it should have come (`┊ ... is late`) and where it
 * came (`▶`).
 */
export function printTimeline(timeline: Timeline): string {
  const { columns, rows } = cropTimeline(timeline, FRAME)
  const lateIn = new Set<number>()
  let time = -1
  const lines = rows.map((row): Line | undefined => {
    const cells = columns.map((_, column): string => (lateIn.has(column) ? '┊' : ''))
    if (row.kind === 'time') return undefined
    if (row.kind === 'end') return 'here it failed; what follows is its cleanup'
    if (row.kind === 'gap') return `... ${row.count} more`
    if (row.kind === 'late') {
      lateIn.add(row.column)
      cells[row.column] = `┊ ${row.from} is late`
      return { time: '', seq: '', cells }
    }
    if (row.overtakenBy !== undefined) lateIn.delete(row.column)
    cells[row.column] = textOf(row)
    const moved = row.time !== time
    time = row.time
    return { time: moved ? `${round(row.time)} ms` : '', seq: `#${row.seq}`, cells }
  })
  const header: Cells = { time: 'time', seq: '', cells: columns }
  const body: Line[] = [header]
  for (const line of lines) if (line !== undefined) body.push(line)
  return layOut(body)
}

function textOf(row: Row & { kind: 'wake' }): string {
  const mark = row.overtakenBy === undefined ? '' : '▶ '
  const fault = row.fault === undefined ? '' : ` (${row.fault})`
  return `${mark}${row.failed ? '✗ ' : ''}${row.from}${fault} → ${row.to}`
}

function layOut(lines: readonly Line[]): string {
  const all = lines.filter((line) => typeof line !== 'string')
  const columns = all[0]?.cells.length ?? 1
  const widths = (all[0]?.cells ?? []).map((_, column) =>
    Math.min(
      Math.max(WIDEST, Math.floor(LINE / columns)),
      Math.max(...all.map(({ cells }) => (cells[column] ?? '').length)),
    ),
  )
  const timeWidth = Math.max(...all.map(({ time }) => time.length))
  const seqWidth = Math.max(...all.map(({ seq }) => seq.length))
  const rule = `  ${'─'.repeat(timeWidth + seqWidth + 3)}${widths.map((width) => `┼${'─'.repeat(width + 2)}`).join('')}`
  const printed = lines.map((line) => {
    if (typeof line === 'string') {
      return line.startsWith('...')
        ? `  ${line}`
        : `  ── ${line} ${'─'.repeat(Math.max(0, rule.length - line.length - 6))}`
    }
    const cells = line.cells.map((cell, i) => ` ${clip(cell, widths[i] ?? 0)} `)
    return `  ${line.time.padStart(timeWidth)}  ${line.seq.padStart(seqWidth)} │${cells.join('│')}`.trimEnd()
  })
  return [printed[0], rule, ...printed.slice(1)].join('\n')
}

function clip(text: string, width: number): string {
  return text.length <= width ? text.padEnd(width) : `${text.slice(0, width - 1)}…`
}

function round(ms: number): number {
  return Math.round(ms * 1000) / 1000
}

/** So many places of one call are named. */
const PLACES = 6

/** Where the calls of a timeline are made, a line for each call; empty when that is not known. */
export function printPlaces({ places }: Timeline): string {
  const known = places.filter(([, all]) => all.length > 0)
  const width = Math.max(0, ...known.map(([call]) => call.length))
  return known
    .map(([call, all]) => {
      const more = all.length > PLACES ? [`${all.length - PLACES} more`] : []
      return `  ${call.padEnd(width)}  ${[...all.slice(0, PLACES), ...more].join(', ')}`
    })
    .join('\n')
}
