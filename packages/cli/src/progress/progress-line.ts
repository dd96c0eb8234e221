import type { CrawlProgress } from '@corral/crawl'
import { formatCount } from '../format/format-count.ts'
import { formatDuration } from '../format/format-duration.ts'
import type { Paint } from '../display/paint.ts'
import { formatRate } from '../format/format-rate.ts'
import { waitingText } from './waiting-text.ts'

export interface ProgressLineOptions {
  /** Columns of the terminal. */
  readonly width: number
  /** Pages after which the crawl stops. */
  readonly maxPages?: number | undefined
  /** Whether letters beyond ASCII can be shown. */
  readonly unicode?: boolean
  /** Colours; none when left out. */
  readonly paint?: Paint
}

/**
 * The live line: pages, rate, queue, in flight, errors, time. On a narrow terminal it leaves out what matters least
 * and never wraps, since a line that wraps cannot be drawn over.
 */
export function progressLine(progress: CrawlProgress, options: ProgressLineOptions): string {
  const { width, unicode = true } = options
  // The last column stays free: writing there makes some terminals go to the next line.
  const room = Math.max(0, width - 1)
  const separator = unicode ? ' · ' : ' | '
  const parts = partsOf(progress, options)
  for (let least = 0; least <= heaviest; least++) {
    const shown = parts.filter(({ weight }) => weight >= least)
    const line = shown.map(({ text }) => text).join(separator)
    if (line.length > room) continue
    return shown.map(({ text, painted }) => painted ?? text).join(separator)
  }
  return '' // a number cut off would be another number
}

interface Part {
  readonly text: string
  /** The same in colour, as wide. */
  readonly painted?: string
  /** What has the least goes first when there is no room. */
  readonly weight: number
}

const heaviest = 6

function partsOf(progress: CrawlProgress, options: ProgressLineOptions): Part[] {
  const { pages, rate, queued, inFlight, failed, elapsed } = progress
  const waiting = waitingText(progress)
  return [
    barOf(progress, options),
    { text: `${formatCount(pages)} pages`, weight: heaviest },
    { text: formatRate(rate), weight: 5 },
    { text: `${formatCount(queued)} queued`, weight: 4 },
    { text: `${formatCount(inFlight)} in flight`, weight: 0 },
    failedOf(failed, options),
    { text: formatDuration(elapsed), weight: 1 },
    ...(waiting === undefined ? [] : [{ text: waiting, weight: 4 }]),
  ]
}

/** Letters of the bar, and columns below which only the number beside it is shown. */
const barLength = 12
const leastForBar = 64

/** How much is done of what is known, or of what was asked for. */
function barOf(progress: CrawlProgress, options: ProgressLineOptions): Part {
  const { width, maxPages = Infinity, unicode = true, paint } = options
  const { pages, failed, queued } = progress
  const known = pages + failed + queued
  const part = Math.max(
    known === 0 ? 0 : (pages + failed) / known,
    // Whichever end is nearer.
    Math.min(1, pages / maxPages),
  )
  const percent = `${Math.floor(part * 100)}%`
  if (width < leastForBar) return { text: percent, weight: 2 }
  const full = Math.floor(part * barLength)
  const [on, off] = unicode ? ['█', '░'] : ['#', '.']
  const [done, rest] = [on.repeat(full), off.repeat(barLength - full)]
  const number = percent.padStart(4)
  const text = `${done}${rest}${number}`
  if (paint === undefined) return { text, weight: 2 }
  return { text, painted: `${paint('good', done)}${paint('quiet', rest)}${number}`, weight: 2 }
}

function failedOf(failed: number, { paint }: ProgressLineOptions): Part {
  const text = `${formatCount(failed)} failed`
  if (paint === undefined || failed === 0) return { text, weight: 3 }
  return { text, painted: paint('bad', text), weight: 3 }
}
