import { isCancelled, shield, spawn } from 'corral'
import {
  crawl,
  exportStore,
  openReader,
  type CrawlProgress,
  type StoreReading,
  type VisitEvent,
} from '@corral/crawl'
import type { PageServer } from '@corral/web'
import { openDashboard } from '../dashboard/dashboard.ts'
import { dashboardState, type DashboardState } from '../dashboard/dashboard-state.ts'
import type { CrawlDisplay } from '../display/crawl-display.ts'
import { openDisplay } from '../display/open-display.ts'
import { formatCount } from '../format/format-count.ts'
import { printable } from '../format/printable.ts'
import { withoutCredentials, wordsWithoutSecrets } from '../format/without-secrets.ts'
import { CrawlMonitor } from '../monitor/crawl-monitor.ts'
import type { CrawlSettings } from '../options/crawl-options.ts'
import { writeReport } from '../report/write-report.ts'
import { endOf, summarizeRun, summarizeStore, type StoreSummary } from '../summary/crawl-summary.ts'
import { formatSummary } from '../summary/format-summary.ts'
import { crawlOptionsOf } from './crawl-options-of.ts'
import { FailureError } from './failure-error.ts'
import { makeArchive } from './make-archive.ts'
import { nextCommands } from './next-commands.ts'
import { requireWritable } from './require-writable.ts'
import { print } from '../output/print.ts'

/**
 * Crawls, shows how it goes, and sums up.
 *
 * Cancellation: requests in flight are closed, everything fetched is stored, how to go on is printed, and the
 * cancellation goes on its way.
 *
 * @param again the words of the command that was given, to be repeated
 * @returns the exit code
 * @throws FailureError when nothing at all could be fetched, or what is asked for cannot be written
 */
export async function runCrawl(
  urls: readonly string[],
  settings: CrawlSettings,
  again: readonly string[],
): Promise<number> {
  if (settings.export !== undefined) requireWritable('export', settings.export)
  if (settings.report !== undefined) requireWritable('report', settings.report)
  const options = crawlOptionsOf(urls, settings)
  if (settings.warc !== undefined) await makeArchive(settings.warc)
  /** What it is called by. */
  const seeds = (urls.length > 0 ? urls : settings.sitemap).map(withoutCredentials)
  const words = wordsWithoutSecrets(again)
  const display = openDisplay(settings, {
    stdout: { write: print },
    stderr: process.stderr,
    env: process.env,
    once: (event, listener) => process.once(event as 'exit', listener),
    off: (event, listener) => process.off(event, listener),
  })
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
  const watched = {
    ...options,
    onProgress,
    onVisit: (event: VisitEvent) => monitor.observe(event),
    progressInterval: display.interval,
  }
  let end: DashboardState['end']
  await using dashboard = await dashboardOf(seeds, settings, display, () =>
    dashboardState(monitor, { ...settings, store: withoutCredentials(settings.store), seeds }, end),
  )
  try {
    await beside(dashboard, async () => await crawl(watched))
    end = monitor.progress === undefined ? 'done' : endOf(monitor.progress, settings)
    display.end()
    const { store, bom } = settings
    if (settings.export !== undefined) await exportStore(store, settings.export, { bom })
    if (settings.report !== undefined) await writeReport(store, settings.report)
  } catch (error) {
    end = isCancelled(error) ? 'interrupted' : 'failed'
    display.end()
    if (isCancelled(error) && monitor.progress !== undefined) {
      const { progress } = monitor
      await shield(() => sumUp(settings, progress, words, { interrupted: true }))
    }
    throw error
  }
  await sumUp(settings, monitor.progress, words, { interrupted: false })
  return 0
}

/** Opens the dashboard if it is asked for, and says where. */
async function dashboardOf(
  seeds: readonly string[],
  { dashboard: port, json, quiet }: CrawlSettings,
  display: CrawlDisplay,
  state: () => DashboardState | undefined,
): Promise<PageServer | undefined> {
  if (port === undefined) return undefined
  const dashboard = await openDashboard({ state, ...(port === 0 ? {} : { port }) })
  const { url } = dashboard
  if (json) print(`${JSON.stringify({ type: 'dashboard', url })}\n`)
  else {
    const line = `Dashboard of ${printable(seeds[0] ?? '')}: ${url}`
    // Who asks for one must know where it is.
    if (quiet) process.stderr.write(`${line}\n`)
    else display.note(line)
  }
  return dashboard
}

/** Runs a crawl with the dashboard as a task beside it. */
async function beside<T>(dashboard: PageServer | undefined, work: () => Promise<T>): Promise<T> {
  if (dashboard === undefined) return work()
  const showing = spawn(() => dashboard.run(), { name: 'dashboard' })
  try {
    return await work()
  } finally {
    showing.cancel()
  }
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
  display.note(
    `Crawling ${printable(seeds[0] ?? '')}${more} into ${printable(withoutCredentials(store))}${known}`,
  )
}

async function sumUp(
  settings: CrawlSettings,
  last: CrawlProgress | undefined,
  again: readonly string[],
  { interrupted }: { readonly interrupted: boolean },
): Promise<void> {
  await using reader = await openReader(settings.store)
  const store = await summarizeStore(reader)
  if (!interrupted) await requireSomething(store, reader)
  const file = withoutCredentials(settings.store)
  const run = summarizeRun(store, last, interrupted ? 'interrupted' : endOf(store, settings))
  const exported = interrupted ? undefined : settings.export
  const report = interrupted ? undefined : settings.report
  if (settings.json) {
    const summary = { type: 'summary', store: file, exported, report, ...store, ...run }
    print(`${JSON.stringify(summary)}\n`)
    return
  }
  const next = nextCommands({ file, store, again, end: run.end, exported })
  print(formatSummary(store, { file, run, exported, report, next }))
}

/** A crawl that got nothing did not do what it was asked for, whatever the reason is. */
async function requireSomething(store: StoreSummary, reader: StoreReading): Promise<void> {
  // Redirects alone are nothing: where they lead was not followed, or could not be had.
  const hasPages = Object.keys(store.statuses).some((status) => status < '300' || status === '304')
  if (hasPages || store.queued > 0) return
  const first = await firstOf(reader.errors())
  if (first === undefined) {
    const reasons = Object.keys(store.skippedFor)
    if (reasons.every((reason) => reason === 'robots')) {
      throw new FailureError('nothing was fetched: robots.txt forbids it')
    }
    const skipped = await firstOf(reader.skipped())
    throw new FailureError(
      `nothing but redirects was fetched: ${printable(skipped?.url ?? '')} is not followed (${skipped?.reason})`,
    )
  }
  const { url, code, message } = first
  throw new FailureError(
    `nothing could be fetched: ${printable(`${url}: ${withCode(message, code)}`)}${code === 'ADDRESS_REFUSED' ? '; --allow-private allows it' : ''}`,
  )
}

async function firstOf<T>(rows: Iterable<T> | AsyncIterable<T>): Promise<T | undefined> {
  for await (const row of rows) return row
  return undefined
}

function withCode(message: string, code: string): string {
  return message.includes(code) ? message : `${message} (${code})`
}
