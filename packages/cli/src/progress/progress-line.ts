import type { CrawlProgress } from '@corral/crawl'
import { formatCount } from '../format/format-count.ts'
import { formatDuration } from '../format/format-duration.ts'
import { formatRate } from '../format/format-rate.ts'

export interface ProgressLineOptions {
  /** Columns of the terminal. */
  readonly width: number
  /** Pages after which the crawl stops. */
  readonly maxPages?: number | undefined
  /** Whether letters beyond ASCII can be shown. */
  readonly unicode?: boolean
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
    if (line.length <= room) return line
  }
  return '' // a number cut off would be another number
}

interface Part {
  readonly text: string
  /** What has the least goes first when there is no room. */
  readonly weight: number
}

const heaviest = 6

function partsOf(progress: CrawlProgress, options: ProgressLineOptions): Part[] {
  const { pages, rate, queued, inFlight, failed, elapsed } = progress
  return [
    { text: bar(progress, options), weight: 0 },
    { text: `${formatCount(pages)} pages`, weight: heaviest },
    { text: formatRate(rate), weight: 5 },
    { text: `${formatCount(queued)} queued`, weight: 4 },
    { text: `${formatCount(inFlight)} in flight`, weight: 2 },
    { text: `${formatCount(failed)} failed`, weight: 3 },
    { text: formatDuration(elapsed), weight: 1 },
  ]
}

const barWidth = 12

/** How much is done of what is known, or of what was asked for. */
function bar(progress: CrawlProgress, options: ProgressLineOptions): string {
  const { maxPages = Infinity, unicode = true } = options
  const { pages, failed, queued } = progress
  const known = pages + failed + queued
  const part = Math.max(
    known === 0 ? 0 : (pages + failed) / known,
    // Whichever end is nearer.
    Math.min(1, pages / maxPages),
  )
  const full = Math.floor(part * barWidth)
  const [on, off] = unicode ? ['█', '░'] : ['#', '.']
  const percent = `${Math.floor(part * 100)}%`.padStart(4)
  return `${on.repeat(full)}${off.repeat(barWidth - full)}${percent}`
}
