import type { CrawlProgress } from '@corral/crawl'
import { logLine } from '../progress/log-line.ts'
import { progressLine } from '../progress/progress-line.ts'
import type { CrawlDisplay } from './crawl-display.ts'
import { LiveLine, type Terminal } from './live-line.ts'

export interface DisplayOptions {
  readonly json: boolean
  readonly quiet: boolean
  readonly maxPages: number | undefined
}

/** The streams of a process, as far as showing a crawl needs them. */
export interface DisplayStreams {
  readonly stdout: { write(text: string): unknown }
  readonly stderr: Terminal & { readonly isTTY?: boolean }
  readonly env: Readonly<Record<string, string | undefined>>
}

/** The display that fits: nothing, lines of JSON, a live line on a terminal, or lines of a log. */
export function openDisplay(options: DisplayOptions, streams: DisplayStreams): CrawlDisplay {
  const { stdout, stderr, env } = streams
  if (options.json) return jsonDisplay(stdout)
  if (options.quiet) return silent
  if (stderr.isTTY === true && env['TERM'] !== 'dumb') {
    return liveDisplay(new LiveLine(stderr), options.maxPages, isUnicode(env))
  }
  return logDisplay(stderr)
}

/** Milliseconds between two lines of a log. */
const logInterval = 2000

const silent: CrawlDisplay = { interval: 1000, update: () => {}, note: () => {}, end: () => {} }

function jsonDisplay(stdout: DisplayStreams['stdout']): CrawlDisplay {
  return {
    ...silent,
    update: (progress) => stdout.write(`${JSON.stringify({ type: 'progress', ...progress })}\n`),
  }
}

function liveDisplay(line: LiveLine, maxPages: number | undefined, unicode: boolean): CrawlDisplay {
  return {
    interval: 100,
    update: (progress) =>
      line.draw(progressLine(progress, { width: line.width, maxPages, unicode })),
    note: (text) => line.note(text),
    end: () => line.clear(),
  }
}

function logDisplay(stderr: Terminal): CrawlDisplay {
  let due = logInterval
  return {
    interval: 250,
    update: (progress: CrawlProgress) => {
      if (progress.elapsed < due) return
      due = progress.elapsed + logInterval
      stderr.write(`${logLine(progress)}\n`)
    },
    note: (text) => stderr.write(`${text}\n`),
    end: () => {},
  }
}

/** Whether the terminal's encoding, by its locale, has the letters of the live line. */
function isUnicode(env: DisplayStreams['env']): boolean {
  const locale = env['LC_ALL'] || env['LC_CTYPE'] || env['LANG'] || ''
  return (
    /utf-?8/i.test(locale) || env['TERM_PROGRAM'] !== undefined || env['WT_SESSION'] !== undefined
  )
}
