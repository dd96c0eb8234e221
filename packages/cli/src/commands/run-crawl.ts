import { isCancelled } from 'corral'
import { crawl, StoreReader, type CrawlProgress } from '@corral/crawl'
import type { CrawlDisplay } from '../display/crawl-display.ts'
import { openDisplay } from '../display/open-display.ts'
import { exportStore } from '../export/export-store.ts'
import { formatCount } from '../format/format-count.ts'
import { printable } from '../format/printable.ts'
import { CrawlMonitor } from '../monitor/crawl-monitor.ts'
import type { CrawlSettings } from '../options/crawl-options.ts'
import { summarizeRun, summarizeStore, type StoreSummary } from '../summary/crawl-summary.ts'
import { formatSummary } from '../summary/format-summary.ts'
import { crawlOptionsOf } from './crawl-options-of.ts'
import { FailureError } from './failure-error.ts'
import { nextCommands } from './next-commands.ts'
import { requireWritable } from './require-writable.ts'

/**
 * Crawls, shows how it goes, and sums up.
 *
 * Cancellation: requests in flight are closed, everything fetched is stored, how to go on is printed, and the
 * cancellation goes on its way.
 *
 * @param again the words of the command that was given, to be repeated
 * @returns the exit code
 * @throws FailureError when nothing at all could be fetched
 */
export async function runCrawl(
  seeds: readonly string[],
  settings: CrawlSettings,
  again: readonly string[],
): Promise<number> {
  if (settings.export !== undefined) requireWritable(settings.export)
  const display = openDisplay(settings, process)
  const monitor = new CrawlMonitor()
  let greeted = false
  const onProgress = (progress: CrawlProgress): void => {
    monitor.advance(progress)
    // Not before there is a page: of a crawl that gets none one line is said, and that is the error.
    if (!greeted && progress.pages > 0) {
      greet(display, seeds, settings, progress)
      greeted = true
    }
    display.update(monitor)
  }
  try {
    await crawl({
      ...crawlOptionsOf(seeds, settings),
      onProgress,
      onVisit: (event) => monitor.observe(event),
      progressInterval: display.interval,
    })
    display.end()
    if (settings.export !== undefined) await exportStore(settings.store, settings.export)
  } catch (error) {
    display.end()
    if (isCancelled(error) && monitor.progress !== undefined) {
      sumUp(settings, monitor.progress, again, { interrupted: true })
    }
    throw error
  }
  sumUp(settings, monitor.progress, again, { interrupted: false })
  return 0
}

function greet(
  display: CrawlDisplay,
  seeds: readonly string[],
  { store }: CrawlSettings,
  { pages, newPages, queued }: CrawlProgress,
): void {
  const more = seeds.length > 1 ? ` and ${formatCount(seeds.length - 1)} more` : ''
  const before = pages - newPages
  const known =
    before > 0
      ? `, going on: ${formatCount(before)} pages stored, ${formatCount(queued)} URLs queued`
      : ''
  display.note(`Crawling ${printable(seeds[0] ?? '')}${more} into ${printable(store)}${known}`)
}

function sumUp(
  settings: CrawlSettings,
  last: CrawlProgress | undefined,
  again: readonly string[],
  { interrupted }: { readonly interrupted: boolean },
): void {
  using reader = new StoreReader(settings.store)
  const store = summarizeStore(reader)
  if (!interrupted) requireSomething(store, reader)
  const run = summarizeRun(store, last, interrupted)
  const exported = interrupted ? undefined : settings.export
  if (settings.json) {
    const summary = { type: 'summary', store: settings.store, exported, ...store, ...run }
    process.stdout.write(`${JSON.stringify(summary)}\n`)
    return
  }
  const next = nextCommands({ file: settings.store, store, again, end: run.end, exported })
  process.stdout.write(formatSummary(store, { file: settings.store, run, exported, next }))
}

/** A crawl that got nothing did not do what it was asked for, whatever the reason is. */
function requireSomething(store: StoreSummary, reader: StoreReader): void {
  if (store.pages > 0 || store.queued > 0) return
  const [first] = reader.errors()
  if (first === undefined) {
    throw new FailureError('nothing was fetched: robots.txt forbids it')
  }
  const { url, code, message } = first
  throw new FailureError(
    `nothing could be fetched: ${printable(`${url}: ${withCode(message, code)}`)}`,
  )
}

function withCode(message: string, code: string): string {
  return message.includes(code) ? message : `${message} (${code})`
}
