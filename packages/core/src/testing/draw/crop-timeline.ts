import type { Row, Timeline } from './timeline.ts'

/** Rows that are always shown: around each one that matters. */
const AROUND = 6

export interface Frame {
  /** With more rows than this, those in the middle that do not matter are left out. */
  readonly rows: number
  /** With more columns than this, tasks that do not matter share one. */
  readonly columns: number
}

/** The part of a long or wide timeline that can be looked at: the beginning, the end, and what matters. */
export function cropTimeline(timeline: Timeline, { rows, columns }: Frame): Timeline {
  return mergeColumns(dropRows(timeline, rows), columns)
}

function dropRows(timeline: Timeline, most: number): Timeline {
  const { rows } = timeline
  if (rows.length <= most) return timeline
  const shown = new Set<number>()
  const points = [0, ...rows.keys().filter((i) => matters(rows[i] as Row)), rows.length - 1]
  for (const point of points) {
    for (let i = point - AROUND; i <= point + AROUND; i++) shown.add(i)
  }
  const kept: Row[] = []
  let left = 0
  for (const [i, row] of rows.entries()) {
    if (!shown.has(i)) {
      left += 1
      continue
    }
    if (left > 0) kept.push({ kind: 'gap', count: left })
    left = 0
    kept.push(row)
  }
  return { ...timeline, rows: kept }
}

/** Something late, something that went wrong. What failed at the very end is near the end anyway. */
function matters(row: Row): boolean {
  if (row.kind === 'wake') return row.overtakenBy !== undefined || row.fault !== undefined
  return row.kind === 'late' || row.kind === 'end'
}

function mergeColumns(timeline: Timeline, most: number): Timeline {
  const { columns, rows } = timeline
  if (columns.length <= most) return timeline
  const chosen = chooseColumns(rows, most - 1)
  const places = new Map(chosen.map((column, place) => [column, place]))
  const placeOf = (column: number): number => places.get(column) ?? chosen.length
  const merged = rows.map((row): Row => {
    if (row.kind !== 'wake' && row.kind !== 'late') return row
    const name = places.has(row.column) ? '' : `${columns[row.column]}: `
    const from = `${name}${row.from}`
    if (row.kind === 'late') return { ...row, column: placeOf(row.column), from }
    const by = row.by === undefined || row.by < 0 ? row.by : placeOf(row.by)
    return { ...row, column: placeOf(row.column), from, by }
  })
  const others = `${columns.length - chosen.length} other tasks`
  return {
    ...timeline,
    columns: [...chosen.map((column) => columns[column] ?? ''), others],
    rows: merged,
  }
}

/** The main task, those that something happened to, and then those that are seen first. */
function chooseColumns(rows: readonly Row[], most: number): number[] {
  const chosen = new Set([0])
  const seen = rows.filter((row) => row.kind === 'wake' || row.kind === 'late')
  const important = seen.filter((row) => matters(row) || (row.kind === 'wake' && row.failed))
  for (const { column } of [...important, ...seen]) {
    if (chosen.size < most) chosen.add(column)
  }
  return [...chosen].sort((a, b) => a - b)
}
