import { logLine } from '../progress/log-line.ts'
import type { CrawlDisplay } from './crawl-display.ts'
import type { Terminal } from './live-block.ts'
import { liveDisplay, type LastWords } from './live-display.ts'
import { paintFor } from './paint.ts'

export interface DisplayOptions {
  readonly json: boolean
  readonly quiet: boolean
  readonly maxPages: number | undefined
}

/** A process, as far as showing a crawl needs it. */
export interface DisplayProcess extends LastWords {
  readonly stdout: { write(text: string): unknown }
  readonly stderr: Terminal & { readonly isTTY?: boolean }
  readonly env: Readonly<Record<string, string | undefined>>
}

/** The display that fits: nothing, lines of JSON, live lines on a terminal, or lines of a log. */
export function openDisplay(options: DisplayOptions, process: DisplayProcess): CrawlDisplay {
  const { stdout, stderr, env } = process
  if (options.json) return jsonDisplay(stdout)
  if (options.quiet) return silent
  if (stderr.isTTY === true && env['TERM'] !== 'dumb') {
    const { maxPages } = options
    return liveDisplay(stderr, { maxPages, unicode: isUnicode(env), paint: paintFor(env) }, process)
  }
  return logDisplay(stderr)
}

/** Milliseconds between two lines of a log. */
const logInterval = 2000

const silent: CrawlDisplay = { interval: 1000, update: () => {}, note: () => {}, end: () => {} }

function jsonDisplay(stdout: DisplayProcess['stdout']): CrawlDisplay {
  return {
    ...silent,
    update: ({ progress }) =>
      stdout.write(`${JSON.stringify({ type: 'progress', ...progress })}\n`),
  }
}

function logDisplay(stderr: Terminal): CrawlDisplay {
  let due = logInterval
  return {
    interval: 250,
    update: ({ progress }) => {
      if (progress === undefined || progress.elapsed < due) return
      due = progress.elapsed + logInterval
      stderr.write(`${logLine(progress)}\n`)
    },
    note: (text) => stderr.write(`${text}\n`),
    end: () => {},
  }
}

/** Whether the terminal's encoding, by its locale, has the letters of the live lines. */
function isUnicode(env: DisplayProcess['env']): boolean {
  const locale = env['LC_ALL'] || env['LC_CTYPE'] || env['LANG'] || ''
  return (
    /utf-?8/i.test(locale) || env['TERM_PROGRAM'] !== undefined || env['WT_SESSION'] !== undefined
  )
}
