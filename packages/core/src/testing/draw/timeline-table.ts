import { fileAndLine } from '../run/places.ts'
import { cropTimeline } from './crop-timeline.ts'
import { sourceLine } from './source-line.ts'
import { wokeFrom } from './timeline.ts'
import type { Row, Timeline } from './timeline.ts'

/** Columns are this wide at the most, or their share of a wide line. */
const WIDEST = 38
const LINE = 110
/** A table that is wider than this is printed as a list. */
const PAGE = 120
const FRAME = { rows: 60, columns: 8 }

/** A row of cells, or a line across all columns. */
type Line = Cells | string
type Cells = { readonly time: string; readonly seq: string; readonly cells: readonly string[] }

/**
 * A timeline as text: a table with a column for each task, or a list where that would be too wide. A late wake-up is
 * marked where it should have come (`┊ ... is late`) and where it came (`▶`).
 */
export function printTimeline(timeline: Timeline): string {
  const { columns, rows } = cropTimeline(withoutCleanup(timeline), FRAME)
  const lateIn = new Set<number>()
  let time = -1
  const lines = rows.map((row): Line | undefined => {
    const cells = columns.map((_, column): string => (lateIn.has(column) ? '┊' : ''))
    if (row.kind === 'time') return undefined
    if (row.kind === 'end') return 'here it failed; what follows is its cleanup'
    if (row.kind === 'gap') return `... ${row.count} more`
    const moved = row.time !== time
    time = row.time
    if (row.kind === 'late') {
      lateIn.add(row.column)
      cells[row.column] = `┊ ${row.from} is late`
      return { time: moved ? `${round(row.time)} ms` : '', seq: '', cells }
    }
    const isLate = row.overtakenBy !== undefined
    if (isLate) lateIn.delete(row.column)
    cells[row.column] = textOf(row)
    return { time: moved || isLate ? `${round(row.time)} ms` : '', seq: `#${row.seq}`, cells }
  })
  const header: Cells = { time: 'time', seq: '', cells: columns }
  const body: Line[] = [header]
  for (const line of lines) if (line !== undefined) body.push(line)
  return layOut(body)
}

function textOf(row: Row & { kind: 'wake' }): string {
  const mark = row.overtakenBy === undefined ? '' : '▶ '
  return `${mark}${row.failed ? '✗ ' : ''}${wokeFrom(row)} → ${row.to}`
}

function isUsual(row: Row): boolean {
  return row.kind === 'wake' && row.overtakenBy === undefined && row.fault === undefined
}

/** The cleanup is folded, unless something out of the ordinary happens in it. */
function withoutCleanup(timeline: Timeline): Timeline {
  const { rows } = timeline
  const end = rows.findIndex(({ kind }) => kind === 'end')
  const cleanup = rows.slice(end + 1).filter(({ kind }) => kind !== 'time')
  if (end < 0 || cleanup.length < 2 || !cleanup.every(isUsual)) return timeline
  return { ...timeline, rows: [...rows.slice(0, end + 1), { kind: 'gap', count: cleanup.length }] }
}

/** A line for each step, with its task in front. */
function list(lines: readonly Line[], columns: readonly string[]): string {
  const width = Math.min(WIDEST, Math.max(...columns.map((name) => name.length)))
  const all = lines.filter((line) => typeof line !== 'string')
  const timeWidth = Math.max(...all.map(({ time }) => time.length))
  const seqWidth = Math.max(...all.map(({ seq }) => seq.length))
  const printed = lines.slice(1).map((line) => {
    if (typeof line === 'string') return `  ${line}`
    const column = line.cells.findLastIndex((cell) => cell !== '' && cell !== '┊')
    const name = clip(columns[column] ?? '', width)
    return `  ${line.time.padStart(timeWidth)}  ${line.seq.padStart(seqWidth)}  ${name}  ${line.cells[column]}`
  })
  return printed.join('\n')
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
  const width = widths.reduce((sum, each) => sum + each + 3, timeWidth + seqWidth + 5)
  if (width > PAGE) return list(lines, all[0]?.cells ?? [])
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

/** So many places are named. */
const PLACES = 24

/** Where the calls of a timeline are made, with the text of the line, file by file; empty when that is not known. */
export function printPlaces({ places }: Timeline): string {
  const files = new Map<string, { readonly line: number; readonly call: string }[]>()
  for (const [call, all] of places) {
    for (const place of all) {
      const { file, line } = fileAndLine(place)
      if (!files.has(file)) files.set(file, [])
      files.get(file)?.push({ line, call })
    }
  }
  return [...files].map(([file, calls]) => printFile(file, calls)).join('\n')
}

function printFile(
  file: string,
  calls: readonly { readonly line: number; readonly call: string }[],
): string {
  const shown = calls.toSorted((a, b) => a.line - b.line).slice(0, PLACES)
  const lineWidth = Math.max(...shown.map(({ line }) => `:${line}`.length))
  const callWidth = Math.max(...shown.map(({ call }) => call.length))
  const lines = shown.map(({ line, call }) => {
    const text = sourceLine(file, line)
    return `  ${`:${line}`.padStart(lineWidth)}  ${call.padEnd(callWidth)}  ${text}`.trimEnd()
  })
  const more = calls.length > shown.length ? [`  ... ${calls.length - shown.length} more`] : []
  return [file, ...lines, ...more].join('\n')
}
