import { now } from 'corral'
import type { CrawlProgress, VisitEvent } from '@corral/crawl'
import { DecayingRate } from './decaying-rate.ts'
import { LatencyHistogram } from './latency-histogram.ts'
import { TimeSeries } from './time-series.ts'

/** What is known of a host, by its origin. */
export interface HostActivity {
  readonly origin: string
  readonly inFlight: number
  /** Answers below 400, also those whose page is not stored yet, or never; and requests that failed, those made again included. */
  readonly answers: number
  readonly failures: number
  readonly bytes: number
  /** Requests that ended, per second, of late. */
  readonly rate: number
  /** Milliseconds a request takes, of late. */
  readonly latency: number
}

/** A request that failed. */
export interface RecentFailure {
  /** Milliseconds since the epoch. */
  readonly at: number
  readonly url: string
  readonly kind: string
  /** The status, of the kind `http`. */
  readonly code: string
  readonly attempt: number
}

interface Host {
  readonly origin: string
  readonly rate: DecayingRate
  inFlight: number
  answers: number
  failures: number
  bytes: number
  latency: number
  lastAt: number
}

const mostHosts = 1000
const mostFailures = 50

/**
 * Watches a crawl for those who look at it: hosts, statuses, latencies, the last failures, and how it went over time. Its
 * memory is bounded, however many hosts and pages there are.
 */
export class CrawlMonitor {
  readonly latency: LatencyHistogram = new LatencyHistogram()
  readonly series: TimeSeries = new TimeSeries()
  readonly #hosts = new Map<string, Host>()
  readonly #statuses = new Map<string, number>()
  readonly #failures: RecentFailure[] = []
  #hostsSeen = 0
  #progress: CrawlProgress | undefined

  get progress(): CrawlProgress | undefined {
    return this.#progress
  }

  /** Hosts that were asked for something. */
  get hostsSeen(): number {
    return this.#hostsSeen
  }

  /** Answers by status, requests without one by kind of failure; the lowest first. */
  get statuses(): readonly (readonly [status: string, count: number])[] {
    return [...this.#statuses].toSorted(([a], [b]) => (a < b ? -1 : 1))
  }

  /** Takes what `onProgress` is told. */
  advance(progress: CrawlProgress): void {
    this.#progress = progress
    this.series.add(progress)
  }

  /** Takes what `onVisit` is told. */
  observe(event: VisitEvent, at: number = now()): void {
    const host = this.#host(event.origin)
    host.lastAt = at
    if (event.type === 'start') {
      host.inFlight++
      return
    }
    host.inFlight--
    if (event.type === 'cancelled') return
    host.rate.add(at)
    const latency = event.duration
    host.latency = host.latency === 0 ? latency : host.latency + (latency - host.latency) / 16
    if (event.type === 'page') {
      host.answers++
      host.bytes += event.bytes
      this.latency.add(latency)
      this.#count(String(event.status))
    } else {
      host.failures++
      this.#fail(event, at)
    }
  }

  /** The hosts with most to do, the busiest first. */
  busiest(most: number, at: number = now()): HostActivity[] {
    const active = [...this.#hosts.values()].map((host) => {
      const rate = host.rate.at(at)
      return { host, rate, level: levelOf(rate, host.inFlight) }
    })
    return active
      .toSorted((a, b) => b.level - a.level || (a.host.origin < b.host.origin ? -1 : 1))
      .slice(0, most)
      .map(({ host: { origin, inFlight, answers, failures, bytes, latency }, rate }) => {
        return { origin, inFlight, answers, failures, bytes, latency, rate }
      })
  }

  /** The last URLs that a request failed for, the latest first. */
  lastFailures(most: number): RecentFailure[] {
    return this.#failures.toReversed().slice(0, most)
  }

  #fail(event: Extract<VisitEvent, { type: 'failure' }>, at: number): void {
    const { url, kind, code, attempt } = event
    this.#count(kind === 'http' ? code : kind)
    // Of a URL that fails again and again the last time is told.
    const before = this.#failures.findIndex((failure) => failure.url === url)
    if (before !== -1) this.#failures.splice(before, 1)
    this.#failures.push({ at, url, kind, code, attempt })
    if (this.#failures.length > mostFailures) this.#failures.shift()
  }

  #count(status: string): void {
    this.#statuses.set(status, (this.#statuses.get(status) ?? 0) + 1)
  }

  #host(origin: string): Host {
    let host = this.#hosts.get(origin)
    if (host !== undefined) return host
    this.#hostsSeen++
    if (this.#hosts.size >= mostHosts) this.#forget()
    const rate = new DecayingRate()
    host = { origin, rate, inFlight: 0, answers: 0, failures: 0, bytes: 0, latency: 0, lastAt: 0 }
    this.#hosts.set(origin, host)
    return host
  }

  /** Makes room: a tenth of the hosts goes, those that have been idle longest. One that comes back begins anew. */
  #forget(): void {
    const idle = [...this.#hosts.values()].filter(({ inFlight }) => inFlight === 0)
    for (const { origin } of idle
      .toSorted((a, b) => a.lastAt - b.lastAt)
      .slice(0, mostHosts / 10)) {
      this.#hosts.delete(origin)
    }
  }
}

/** How busy a host is, coarsely: hosts that are as busy as each other must not change places all the time. */
function levelOf(rate: number, inFlight: number): number {
  if (rate >= 0.05) return 1 + Math.round(Math.log2(1 + rate))
  return inFlight > 0 ? 1 : 0
}
