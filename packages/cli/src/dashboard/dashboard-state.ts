import { latencyBounds } from '../monitor/latency-histogram.ts'
import type { CrawlMonitor, HostActivity, RecentFailure } from '../monitor/crawl-monitor.ts'
import type { CrawlEnd } from '../summary/crawl-summary.ts'
import type { CrawlProgress } from '@corral/crawl'

/** What the dashboard says about the crawl besides how it goes. */
export interface DashboardAbout {
  readonly seeds: readonly string[]
  readonly store: string
  readonly maxPages: number | undefined
}

/** Everything that the page shows: sent whole each time, so that a page opened late misses nothing. */
export interface DashboardState {
  readonly title: string
  readonly where: string
  readonly maxPages: number | undefined
  readonly end: CrawlEnd | 'failed' | undefined
  readonly progress: CrawlProgress
  /** Seconds since the start, pages per second, queued, in flight. */
  readonly series: readonly (readonly [number, number, number, number])[]
  readonly statuses: readonly (readonly [status: string, count: number])[]
  readonly latency: {
    readonly bounds: readonly number[]
    readonly counts: readonly number[]
    readonly p50: number
    readonly p95: number
  }
  readonly hostsSeen: number
  readonly hosts: readonly HostActivity[]
  readonly failures: readonly RecentFailure[]
}

const mostHosts = 25
const mostFailures = 20

/** @returns nothing before the crawl has told how far it is */
export function dashboardState(
  monitor: CrawlMonitor,
  { seeds, store, maxPages }: DashboardAbout,
  end?: DashboardState['end'],
): DashboardState | undefined {
  const { progress, series, latency } = monitor
  if (progress === undefined) return undefined
  const [first = ''] = seeds
  return {
    title: seeds.length > 1 ? `${first} and ${seeds.length - 1} more` : first,
    where: `into ${store}`,
    maxPages,
    end,
    progress,
    series: series.points.map(({ at, rate, queued, inFlight }) => {
      return [rounded(at), rounded(rate), queued, inFlight]
    }),
    statuses: monitor.statuses,
    latency: {
      bounds: latencyBounds,
      counts: latency.counts,
      p50: latency.quantile(0.5),
      p95: latency.quantile(0.95),
    },
    hostsSeen: monitor.hostsSeen,
    hosts: monitor.busiest(mostHosts),
    failures: monitor.lastFailures(mostFailures),
  }
}

function rounded(value: number): number {
  return Math.round(value * 10) / 10
}
