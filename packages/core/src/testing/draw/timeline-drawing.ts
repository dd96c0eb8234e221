import { cropTimeline } from './crop-timeline.ts'
import { escapeHtml } from './escape-html.ts'
import { wokeFrom } from './timeline.ts'
import type { Row, Timeline } from './timeline.ts'

const HEIGHT = 26
const HEAD = 40
const MARGIN = 110
const CHARACTER = 7.9
const FRAME = { rows: 400, columns: 16 }

type Wake = Row & { readonly kind: 'wake' }

/** A timeline as an SVG: a lane for each task, time running down, and arrows for whose doing it was. */
export function drawTimeline(timeline: Timeline): string {
  const { columns, rows } = cropTimeline(timeline, FRAME)
  const lanes = lanesOf(columns, rows)
  const width = (lanes.at(-1)?.end ?? MARGIN) + 16
  const height = HEAD + (rows.length + 1) * HEIGHT
  const x = (column: number): number => lanes[column]?.x ?? MARGIN
  const y = (index: number): number => HEAD + (index + 0.5) * HEIGHT
  /** Where each lane was last seen doing something: that is where arrows come from. */
  const lastSeen = new Map<number, number>()
  // Painted one over the other: bands, lanes, arrows, and then what is to be read.
  const [bands, arrows, texts]: [string[], string[], string[]] = [[], [], []]
  let time = -1
  for (const [index, row] of rows.entries()) {
    const top = y(index) - HEIGHT / 2
    if (index % 2 === 1) {
      bands.push(`<rect class="band" x="0" y="${top}" width="${width}" height="${HEIGHT}"/>`)
    }
    if (row.kind === 'end') {
      texts.push(
        `<line class="cut" x1="8" x2="${width}" y1="${top + 3}" y2="${top + 3}"/>`,
        `<text class="bad" x="8" y="${y(index) + 6}">here it failed; what follows is its cleanup</text>`,
      )
    } else if (row.kind === 'late') {
      if (row.time !== time) texts.push(timeText(row.time, y(index)))
      time = row.time
      const until = rows.findIndex((other) => other.kind === 'wake' && other.seq === row.seq)
      arrows.push(
        `<line class="late" x1="${x(row.column)}" x2="${x(row.column)}" y1="${y(index)}" y2="${y(until)}"/>`,
      )
      texts.push(
        `<text class="tardy" x="${x(row.column) + 14}" y="${y(index) + 4}">${escapeHtml(row.from)} is late</text>`,
      )
    } else if (row.kind === 'wake') {
      if (row.time !== time) texts.push(timeText(row.time, y(index)))
      time = row.time
      const from = row.by === undefined || row.by === row.column ? undefined : lastSeen.get(row.by)
      if (from !== undefined && row.by !== undefined) {
        arrows.push(
          `<path class="arrow" d="${curve(x(row.by), y(from), x(row.column), y(index))}"/>`,
        )
      }
      texts.push(drawWake(row, x(row.column), y(index)))
      lastSeen.set(row.column, index)
    } else if (row.kind === 'time') {
      bands.push(`<line class="jump" x1="0" x2="${width}" y1="${top}" y2="${top}"/>`)
      texts.push(timeText(row.time, y(index)))
      time = row.time
    } else {
      texts.push(`<text class="soft" x="8" y="${y(index) + 4}">… ${row.count} more</text>`)
    }
  }
  const drawn = [...bands, ...lanes.map(drawLane), ...arrows, ...texts].join('')
  return `<svg width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img">${drawn}</svg>`

  /** From where the task begins to where it ends. */
  function drawLane(lane: Lane, column: number): string {
    const first = rows.findIndex((row) => 'column' in row && row.column === column)
    const last = rows.findLastIndex((row) => 'column' in row && row.column === column)
    const end = rows[last]
    const open = end?.kind !== 'wake' || !/^(?:ends|throws)/.test(end.to)
    const bottom = open ? height : y(last)
    return (
      `<text class="name" x="${lane.x - 6}" y="20">${escapeHtml(columns[column] ?? '')}</text>` +
      `<line class="lane" x1="${lane.x}" x2="${lane.x}" y1="${y(Math.max(0, first))}" y2="${bottom}"/>`
    )
  }
}

function timeText(time: number, at: number): string {
  return `<text class="soft" x="8" y="${at + 4}">${Math.round(time * 1000) / 1000} ms</text>`
}

interface Lane {
  readonly x: number
  readonly end: number
}

/** As wide as the longest text in it. */
function lanesOf(columns: readonly string[], rows: readonly Row[]): Lane[] {
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
  return `#${row.seq} ${wokeFrom(row)} → ${row.to}`
}

function drawWake(row: Wake, x: number, at: number): string {
  const tone = row.failed ? 'bad' : row.overtakenBy === undefined ? '' : 'tardy'
  const wrong = wokeFrom(row).slice(row.from.length)
  const fault = wrong === '' ? '' : `<tspan class="bad">${escapeHtml(wrong)}</tspan>`
  const text =
    `<tspan class="soft">#${row.seq}</tspan> <tspan class="${tone}">${escapeHtml(row.from)}</tspan>${fault}` +
    ` → <tspan class="${row.failed ? 'bad' : 'next'}">${escapeHtml(row.to)}</tspan>`
  const overtaken = row.overtakenBy === undefined ? '' : `, overtaken by ${row.overtakenBy}`
  return (
    `<g><title>${escapeHtml(plainText(row))}${overtaken}</title>` +
    `<circle class="dot ${tone}" cx="${x}" cy="${at}" r="5"/><text x="${x + 14}" y="${at + 4}">${text}</text></g>`
  )
}

function curve(x1: number, y1: number, x2: number, y2: number): string {
  const bend = Math.min(40, Math.abs(x2 - x1) / 3) * Math.sign(x2 - x1)
  return `M${x1} ${y1}C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}`
}
