import type { CrawlMonitor } from '../monitor/crawl-monitor.ts'
import { failureLines } from '../progress/failure-lines.ts'
import { hostLines } from '../progress/host-lines.ts'
import { progressLine } from '../progress/progress-line.ts'
import type { CrawlDisplay } from './crawl-display.ts'
import { LiveBlock, type Terminal } from './live-block.ts'
import type { Paint } from './paint.ts'

export interface LiveDisplayOptions {
  readonly maxPages: number | undefined
  /** Whether the terminal has letters beyond ASCII. */
  readonly unicode: boolean
  readonly paint: Paint
}

/** What tells that the process is about to end, whatever the reason. */
export interface LastWords {
  once(event: 'exit' | 'uncaughtExceptionMonitor', listener: () => void): unknown
  off(event: 'exit' | 'uncaughtExceptionMonitor', listener: () => void): unknown
}

const mostHosts = 4
const mostFailures = 3

/**
 * The crawl on a terminal: a line for all of it, lines for the busiest hosts, and the last failures. A terminal that is low
 * has fewer of them. Nothing of it stays, also when the process crashes or is told to end at once.
 */
export function liveDisplay(
  terminal: Terminal,
  options: LiveDisplayOptions,
  process: LastWords,
): CrawlDisplay {
  const block = new LiveBlock(terminal)
  const clear = (): void => block.clear()
  process.once('exit', clear)
  // Before the stack is printed: what is erased later is the stack.
  process.once('uncaughtExceptionMonitor', clear)
  return {
    interval: 100,
    update: (monitor) => block.draw(linesOf(monitor, block.width, block.height, options)),
    note: (text) => block.note(text),
    end: () => {
      clear()
      process.off('exit', clear)
      process.off('uncaughtExceptionMonitor', clear)
    },
  }
}

function linesOf(
  monitor: CrawlMonitor,
  width: number,
  height: number,
  { maxPages, unicode, paint }: LiveDisplayOptions,
): string[] {
  const { progress } = monitor
  if (progress === undefined) return []
  const more = unicode ? '…' : '...'
  // One line stays free below, so that nothing scrolls, and one above for what was there.
  const room = Math.max(0, height - 3)
  const failures = monitor.lastFailures(Math.min(mostFailures, room >> 1))
  const hosts = monitor.busiest(Math.min(mostHosts, room - failures.length))
  return [
    progressLine(progress, { width, maxPages, unicode, paint }),
    ...hostLines(hosts, width, more).map((line) => paint('quiet', line)),
    ...failureLines(failures, width, paint, more),
  ]
}
