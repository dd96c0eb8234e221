import { checkpoint } from 'corral'
import type { ErrorRow, PageRow, StoreReading } from '@corral/crawl'
import { summarizeStore, type StoreSummary } from '../summary/crawl-summary.ts'
import { Largest } from './largest.ts'

/** What a report has about a host. */
export interface HostReport {
  readonly origin: string
  pages: number
  failed: number
  bytes: number
  /** Milliseconds, of all its pages. */
  time: number
}

/** URLs that failed for one reason. */
export interface FailureReport {
  readonly kind: string
  readonly code: string
  /** Of the first one. */
  readonly message: string
  count: number
  readonly examples: string[]
}

/** A URL that failed, and pages that link to it. */
export interface BrokenLink {
  readonly url: string
  readonly kind: string
  readonly code: string
  /** Pages that link to it. */
  count: number
  readonly from: string[]
}

/** Everything that a report shows, of a store of any size in bounded memory. */
export interface Report {
  readonly store: StoreSummary
  /** Milliseconds since the epoch: the first and the last request. */
  readonly from: number | undefined
  readonly to: number | undefined
  readonly slowest: readonly PageRow[]
  readonly biggest: readonly PageRow[]
  readonly failures: readonly FailureReport[]
  readonly redirects: { readonly count: number; readonly examples: readonly PageRow[] }
  readonly hosts: { readonly count: number; readonly largest: readonly HostReport[] }
  readonly broken: { readonly count: number; readonly links: readonly BrokenLink[] }
}

const most = {
  pages: 20,
  redirects: 100,
  reasons: 200,
  examples: 10,
  hosts: 50,
  broken: 500,
  from: 10,
}
/** Hosts that are told apart; those that come after are counted, no more. */
const mostHosts = 100_000

/**
 * Reads a store for a report.
 *
 * Cancellation: between two rows.
 *
 * @throws StoreError
 */
export async function collectReport(reader: StoreReading): Promise<Report> {
  const slowest = new Largest<PageRow>(most.pages, (page) => page.duration_ms)
  const biggest = new Largest<PageRow>(most.pages, (page) => page.bytes)
  const redirects = { count: 0, examples: [] as PageRow[] }
  const hosts = new Hosts()
  let from = Infinity
  let to = -Infinity
  for await (const page of politely(reader.pages())) {
    slowest.add(page)
    biggest.add(page)
    from = Math.min(from, page.fetched_at)
    to = Math.max(to, page.fetched_at + page.duration_ms)
    hosts.addPage(page)
    if (page.redirect_url === null) continue
    if (redirects.count++ < most.redirects) redirects.examples.push(page)
  }
  const failures = new Map<string, FailureReport>()
  for await (const error of politely(reader.errors())) {
    hosts.addFailure(error)
    addFailure(failures, error)
  }
  return {
    store: await summarizeStore(reader),
    from: from === Infinity ? undefined : from,
    to: to === -Infinity ? undefined : to,
    slowest: slowest.items,
    biggest: biggest.items,
    failures: [...failures.values()].toSorted((a, b) => b.count - a.count),
    redirects,
    hosts: hosts.read(),
    broken: await brokenLinks(reader),
  }
}

/** Rows, with a breath between a thousand of them. */
async function* politely<T>(
  rows: Iterable<T> | AsyncIterable<T>,
): AsyncGenerator<T, void, undefined> {
  let read = 0
  for await (const row of rows) {
    if (++read % 1000 === 0) await checkpoint()
    yield row
  }
}

function addFailure(failures: Map<string, FailureReport>, error: ErrorRow): void {
  const { kind, message, url } = error
  // Codes of handlers may be anything.
  const code = failures.size < most.reasons ? error.code : ''
  const key = `${kind} ${code}`
  let found = failures.get(key)
  if (found === undefined) {
    found = { kind, code, message, count: 0, examples: [] }
    failures.set(key, found)
  }
  if (found.count++ < most.examples) found.examples.push(url)
}

class Hosts {
  readonly #hosts = new Map<string, HostReport>()
  #others = 0

  addPage({ url, bytes, duration_ms: time }: PageRow): void {
    const host = this.#of(url)
    if (host === undefined) return
    host.pages++
    host.bytes += bytes
    host.time += time
  }

  addFailure({ url }: ErrorRow): void {
    const host = this.#of(url)
    if (host !== undefined) host.failed++
  }

  read(): Report['hosts'] {
    const all = [...this.#hosts.values()]
    const largest = all.toSorted((a, b) => b.pages + b.failed - a.pages - a.failed)
    return { count: all.length + this.#others, largest: largest.slice(0, most.hosts) }
  }

  #of(url: string): HostReport | undefined {
    const end = url.indexOf('/', url.indexOf('//') + 2)
    const origin = end === -1 ? url : url.slice(0, end)
    let host = this.#hosts.get(origin)
    if (host !== undefined) return host
    if (this.#hosts.size >= mostHosts) {
      this.#others++
      return undefined
    }
    host = { origin, pages: 0, failed: 0, bytes: 0, time: 0 }
    this.#hosts.set(origin, host)
    return host
  }
}

async function brokenLinks(reader: StoreReading): Promise<Report['broken']> {
  const links: BrokenLink[] = []
  let count = 0
  let last: BrokenLink | undefined
  for await (const { to_url: url, from_url: from, kind, code } of politely(reader.brokenLinks())) {
    if (last?.url !== url) {
      last = { url, kind, code, count: 0, from: [] }
      if (count++ < most.broken) links.push(last)
    }
    if (last.count++ < most.from) last.from.push(from)
  }
  return { count, links }
}
