import { formatBytes } from '../format/format-bytes.ts'
import { formatCount } from '../format/format-count.ts'
import { formatDuration } from '../format/format-duration.ts'
import { formatRate } from '../format/format-rate.ts'
import { formatTable } from '../format/format-table.ts'
import { printable } from '../format/printable.ts'
import type { CrawlEnd, RunSummary, StoreSummary } from './crawl-summary.ts'

export interface SummaryOptions {
  /** The file of the store. */
  readonly file: string
  /** The run that has just ended; left out for a store as it stands. */
  readonly run?: RunSummary
  /** Where the results were written to. */
  readonly exported?: string | undefined
  /** Where a report was written to. */
  readonly report?: string | undefined
  /** What to do next: commands, and what they do. */
  readonly next?: readonly (readonly [command: string, effect: string])[]
}

/** The table at the end of a crawl, and of its status. */
export function formatSummary(store: StoreSummary, options: SummaryOptions): string {
  const { file, run, exported, report, next = [] } = options
  const rows: [string, string][] = [
    ['pages', run === undefined ? formatCount(store.pages) : pagesOf(store, run)],
    ['bytes', formatBytes(store.bytes)],
  ]
  if (run !== undefined) {
    rows.push(['time', formatDuration(run.elapsed)], ['rate', rateOf(run)])
    rows.push(['retries', formatCount(run.retries)])
  }
  rows.push(
    ['answers', byClass(store.statuses)],
    ['failed', withKinds(store.failed, store.failures)],
    ['skipped', withKinds(store.skipped, store.skippedFor)],
    ['queued', formatCount(store.queued)],
    ['store', printable(file)],
  )
  if (exported !== undefined) rows.push(['export', printable(exported)])
  if (report !== undefined) rows.push(['report', printable(report)])
  const lines = run === undefined ? [] : [headings[run.end], '']
  lines.push(...formatTable(rows))
  const traps = store.skippedFor['trap'] ?? 0
  if (traps > 0) {
    lines.push(
      '',
      `${formatCount(traps)} URLs look as if they went on without an end: --follow-traps follows them.`,
    )
  }
  if (next.length > 0) lines.push('', 'Next', ...formatTable(next))
  return `${lines.join('\n')}\n`
}

const headings: Readonly<Record<CrawlEnd, string>> = {
  done: 'Crawl complete',
  'max-pages': 'Crawl stopped: as many pages as asked for',
  'max-total-bytes': 'Crawl stopped: as many bytes as asked for',
  'max-time': 'Crawl stopped: its time is over',
  interrupted: 'Crawl interrupted: everything fetched so far is stored',
}

function pagesOf({ pages }: StoreSummary, { newPages }: RunSummary): string {
  return pages === newPages
    ? formatCount(pages)
    : `${formatCount(pages)}, ${formatCount(newPages)} of them in this run`
}

function rateOf({ newPages, elapsed }: RunSummary): string {
  const rate = formatRate(elapsed === 0 ? 0 : (newPages * 1000) / elapsed)
  return rate.replace('/s', ' pages/s')
}

/** `2xx 350, 3xx 22, 4xx 9` */
function byClass(statuses: Readonly<Record<string, number>>): string {
  const classes: Record<string, number> = {}
  for (const [status, count] of Object.entries(statuses)) {
    const name = `${status.slice(0, 1)}xx`
    classes[name] = (classes[name] ?? 0) + count
  }
  const sorted = Object.entries(classes).toSorted(([a], [b]) => (a < b ? -1 : 1))
  return sorted.map(([name, count]) => `${name} ${formatCount(count)}`).join(', ') || 'none'
}

/** `21: http 10, timeout 7, dns 4` */
function withKinds(failed: number, failures: Readonly<Record<string, number>>): string {
  if (failed === 0) return '0'
  const kinds = Object.entries(failures)
    .toSorted(([, a], [, b]) => b - a)
    .map(([kind, count]) => `${kind} ${formatCount(count)}`)
  return `${formatCount(failed)}: ${kinds.join(', ')}`
}
