import { escapeHtml } from './escape-html.ts'
import { focus } from './focus.ts'
import type { Row, Timeline } from './timeline.ts'

const HEIGHT = 26
const HEAD = 40
const MARGIN = 110
const CHARACTER = 7.9
const FRAME = { rows: 400, columns: 16 }

type Wake = Row & { readonly kind: 'wake' }

/** A timeline as an SVG: a lane for each task, time running down, and arrows for whose doing it was. */
export function drawTimeline(timeline: Timeline): string {
  const { columns, rows } = focus(timeline, FRAME)
  const lanes = lanesOf(columns, rows)
  const width = (lanes.at(-1)?.end ?? MARGIN) + 16
  const height = HEAD + (rows.length + 1) * HEIGHT
  const x = (column: number): number => lanes[column]?.x ?? MARGIN
  const y = (index: number): number => HEAD + (index + 0.5) * HEIGHT
  /** Where each lane was last seen doing something: that is where arrows come from. */
  const lastSeen = new Map<number, number>()
  const parts: string[] = []
  lanes.forEach((lane, column) => {
    const name = escapeHtml(columns[column] ?? '')
    parts.push(`<text class="name" x="${lane.x - 6}" y="20">${name}</text>`)
    parts.push(`<line class="lane" x1="${lane.x}" x2="${lane.x}" y1="${HEAD - 8}" y2="${height}"/>`)
  })
  let time = -1
  rows.forEach((row, index) => {
    if (index % 2 === 1) {
      parts.unshift(
        `<rect class="band" x="0" y="${y(index) - HEIGHT / 2}" width="${width}" height="${HEIGHT}"/>`,
      )
    }
    if (row.kind === 'end') {
      parts.push(
        `<line class="cut" x1="8" x2="${width}" y1="${y(index)}" y2="${y(index)}"/>`,
        `<text class="bad" x="${MARGIN}" y="${y(index) - 5}">here it failed; what follows is its cleanup</text>`,
      )
    } else if (row.kind === 'late') {
      const until = rows.findIndex((other) => other.kind === 'wake' && other.seq === row.seq)
      parts.push(
        `<line class="late" x1="${x(row.column)}" x2="${x(row.column)}" y1="${y(index)}" y2="${y(until)}"/>`,
        `<text class="tardy" x="${x(row.column) + 14}" y="${y(index) + 4}">${escapeHtml(row.from)} is late</text>`,
      )
    } else if (row.kind === 'wake') {
      if (row.time !== time) {
        time = row.time
        parts.push(
          `<text class="soft" x="8" y="${y(index) + 4}">${Math.round(time * 1000) / 1000} ms</text>`,
        )
      }
      parts.push(drawWake(row, x, y(index), lastSeen, y))
      lastSeen.set(row.column, index)
    } else {
      const what = row.kind === 'gap' ? `… ${row.count} more` : `time moves on to ${row.time} ms`
      parts.push(`<text class="soft" x="8" y="${y(index) + 4}">${what}</text>`)
    }
  })
  return `<svg width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img">${parts.join('')}</svg>`
}

/** As wide as the longest text in it. */
function lanesOf(columns: readonly string[], rows: readonly Row[]): { x: number; end: number }[] {
  let left = MARGIN
  return columns.map((name, column) => {
    const texts = rows.map((row) =>
      'column' in row && row.column === column ? plainText(row) : '',
    )
    const longest = Math.max(name.length, ...texts.map((text) => text.length))
    const lane = { x: left + 8, end: left + 8 + 14 + Math.max(80, longest * CHARACTER) }
    left = lane.end + 12
    return lane
  })
}

function plainText(row: Row): string {
  if (row.kind === 'late') return `${row.from} is late`
  if (row.kind !== 'wake') return ''
  return `#${row.seq} ${row.from}${row.fault === undefined ? '' : ` (${row.fault})`} → ${row.to}`
}

function drawWake(
  row: Wake,
  x: (column: number) => number,
  at: number,
  lastSeen: ReadonlyMap<number, number>,
  y: (index: number) => number,
): string {
  const tone = row.failed ? 'bad' : row.overtakenBy === undefined ? '' : 'tardy'
  const from = row.by === undefined || row.by === row.column ? undefined : lastSeen.get(row.by)
  const arrow =
    from === undefined || row.by === undefined
      ? ''
      : `<path class="arrow" d="${curve(x(row.by), y(from), x(row.column), at)}"/>`
  const fault =
    row.fault === undefined ? '' : ` <tspan class="bad">(${escapeHtml(row.fault)})</tspan>`
  const text =
    `<tspan class="soft">#${row.seq}</tspan> <tspan class="${tone}">${escapeHtml(row.from)}</tspan>${fault}` +
    ` → <tspan class="${row.failed ? 'bad' : 'next'}">${escapeHtml(row.to)}</tspan>`
  const overtaken = row.overtakenBy === undefined ? '' : `, overtaken by ${row.overtakenBy}`
  return (
    `<g class="row"><title>${escapeHtml(plainText(row))}${overtaken}</title>${arrow}` +
    `<circle class="dot ${tone}" cx="${x(row.column)}" cy="${at}" r="5"/>` +
    `<text x="${x(row.column) + 14}" y="${at + 4}">${text}</text></g>`
  )
}

function curve(x1: number, y1: number, x2: number, y2: number): string {
  const bend = Math.min(40, Math.abs(x2 - x1) / 3) * Math.sign(x2 - x1)
  return `M${x1} ${y1}C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}`
}
