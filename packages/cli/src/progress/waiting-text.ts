import type { CrawlProgress } from '@corral/crawl'
import { formatDuration } from '../format/format-duration.ts'
import { printable } from '../format/printable.ts'

/** That nothing happens since a host asks to be left alone; undefined when that is soon over. */
export function waitingText({ waiting }: CrawlProgress): string | undefined {
  if (waiting === undefined || waiting.ms < 1000) return undefined
  const host = printable(waiting.origin.replace(/^https?:\/\//, ''))
  return `waits ${formatDuration(waiting.ms)} as ${host} asks for`
}
