import { Event, moveOnAfter, now, type TaskGroup } from 'corral'
import { currentScope } from 'corral/lowlevel'
import type { Failure } from '../fetch/failure.ts'
import { HostScheduler } from '../frontier/host-scheduler.ts'
import type { RobotsGate } from '../robots/robots-gate.ts'
import type { FrontierEntry, Outcome, StoreCounts, StoredLink } from '../store/outcome.ts'
import type { HostPace, ShareListener, StoreShare } from '../store/store.ts'
import { originOf } from '../url/origin.ts'
import { backoffAfter } from './backoff.ts'
import type { HostSettings } from './crawl-options.ts'
import { addressOf } from './page-request.ts'
import type { CrawlLimits } from './crawl-limits.ts'
import type { OutcomeWriter } from './outcome-writer.ts'
import type { HostHealth } from './host-health.ts'
import type { Visit } from './visit-page.ts'

type Failed = Extract<Visit, { result: 'failure' }>

/** A URL that is to be fetched, for which time. */
export interface Attempt {
  readonly entry: FrontierEntry
  readonly attempt: number
}

export interface DispatchParts {
  readonly store: {
    readonly counts: StoreCounts
    claim(limit: number, perOrigin: number): Promise<FrontierEntry[]>
    readonly share?: StoreShare | undefined
  }
  readonly writer: OutcomeWriter
  readonly robots: RobotsGate | undefined
  readonly limits: CrawlLimits
  /** How some hosts are asked, by name or origin. */
  readonly hosts?: Readonly<Record<string, HostSettings>> | undefined
  readonly visit: (attempt: Attempt) => Promise<Visit>
  readonly health?: HostHealth | undefined
  readonly onRetry: () => void
  /** Told of what is not visited, since the robots.txt of its host cannot be had. */
  readonly onUnreachable?: ((item: Attempt, failure: Failure) => void) | undefined
}

/**
 * The heart of a crawl: claims URLs from the store, starts a task for each when the scheduler lets it, and gives their
 * outcomes to the writer. Ends when nothing is queued, in flight or waiting to be stored, or the pages asked
 * for are there.
 *
 *     store --claim--> scheduler  --start--> visit --+--> outcome --> writer --> store
 *                          ^                         |
 *                          `-------- retry ----------'
 */
export class Dispatcher implements ShareListener {
  readonly #parts: DispatchParts
  readonly #random = currentScope().runtime.random
  readonly #scheduler: HostScheduler<Attempt>
  /** Set whenever something has changed that may be waited for. */
  readonly #change = new Event({ name: 'next page' })
  readonly #window: { readonly perOrigin: number; readonly low: number; readonly high: number }
  /** URLs claimed whose outcome is not stored. */
  #outstanding = 0
  #endsAt = Infinity
  #visiting = 0
  #claiming = false
  #paused: { readonly origin: string; readonly until: number } | undefined
  /** Nothing could be claimed since the last transaction. */
  #dry = false

  constructor(parts: DispatchParts) {
    this.#parts = parts
    const { concurrency, concurrencyPerHost, delay, jitter } = parts.limits
    this.#scheduler = new HostScheduler({
      limit: concurrency,
      limitPerHost: concurrencyPerHost,
      delay,
      jitter,
      random: this.#random,
      ...(parts.hosts === undefined ? {} : { settingsOf: settingsBy(parts.hosts) }),
    })
    // Claimed are those waiting, those in flight and those on their way into the store. Where a delay spaces
    // requests out, a few of each host do, and leave room for more hosts.
    const high = Math.max(20 * Math.min(concurrency, 1000), 2000)
    const perOrigin = Math.min(concurrencyPerHost, concurrency) * (delay > 0 ? 1 : 4)
    this.#window = { perOrigin: perOrigin + (delay > 0 ? 8 : 64), low: high / 2, high }
  }

  /** Requests that are on their way. */
  get inFlight(): number {
    return this.#scheduler.inFlight
  }

  /** The host that asks to be left alone until a time, when there is nothing else to do. */
  get waiting(): { readonly origin: string; readonly until: number } | undefined {
    const paused = this.#paused
    return paused !== undefined && this.inFlight === 0 && paused.until > now() ? paused : undefined
  }

  /** Whether less is waiting than is in flight: then what the next transaction brings is needed soon. */
  get starving(): boolean {
    return this.#scheduler.size < this.#scheduler.inFlight + this.#parts.writer.backlog
  }

  /** To be called after every transaction, with the outcomes in it. */
  committed(count: number): void {
    this.#outstanding -= count
    this.changed()
  }

  /** There may be more to do than there was. */
  changed(): void {
    this.#dry = false
    this.#change.set()
  }

  paceOf(origin: string): HostPace | undefined {
    return this.#scheduler.paceOf(origin, now())
  }

  /** Cancellation: at the next wait; what is in flight is the group's. */
  async run(group: TaskGroup): Promise<void> {
    this.#endsAt = now() + this.#parts.limits.maxTime
    for (;;) {
      this.#change.clear()
      this.#refill(group)
      const until = this.#advance(group)
      if (until === 'over') return
      if (until === 'change') {
        await this.#change.wait()
      } else if (until !== 'now') {
        const wake = Math.min(until, this.#endsAt)
        await moveOnAfter(Math.max(0, wake - now()), () => this.#change.wait())
      }
    }
  }

  /** Starts the next request; says what to wait for when there is none. */
  #advance(group: TaskGroup): 'now' | 'change' | 'over' | number {
    const { writer, limits, store } = this.#parts
    if (writer.congested || store.share?.held === false) return 'change'
    const busy = this.#visiting + writer.backlog
    const { counts } = store
    const at = now()
    const enough = counts.bytes >= limits.maxTotalBytes || at >= this.#endsAt
    if (enough || counts.pages + busy >= limits.maxPages) return busy > 0 ? 'change' : 'over'

    const step = this.#scheduler.next(at)
    switch (step.kind) {
      case 'start': {
        this.#visiting++
        const { host, item } = step
        group.spawn(() => this.#visit(host, item), { name: item.entry.url })
        return 'now'
      }
      case 'open':
        group.spawn(() => this.#open(step.host), { name: `${step.host}/robots.txt` })
        return 'now'
      case 'full':
        return 'change'
      case 'wait':
        return step.until
      default:
        return this.#claiming || writer.backlog > 0 || this.#unclaimed > 0 ? 'change' : 'over'
    }
  }

  get #unclaimed(): number {
    return this.#parts.store.counts.queued - this.#outstanding
  }

  #refill(group: TaskGroup): void {
    const { size } = this.#scheduler
    if (this.#claiming || this.#dry || size >= this.#window.low || this.#unclaimed <= 0) return
    this.#claiming = true
    group.spawn(() => this.#claim(this.#window.high - size), { name: 'claim' })
  }

  async #claim(limit: number): Promise<void> {
    // What is stored meanwhile may bring more: only then nothing found means nothing there.
    this.#dry = true
    const entries = await this.#parts.store.claim(limit, this.#window.perOrigin)
    this.#claiming = false
    this.#outstanding += entries.length
    if (entries.length > 0) this.#dry = false
    for (const entry of entries) {
      const origin = originOf(entry.url)
      if (entry.pause !== undefined) this.#scheduler.pause(origin, now() + entry.pause)
      this.#scheduler.add(origin, { entry, attempt: 1 })
    }
    this.#change.set()
  }

  async #open(origin: string): Promise<void> {
    const { robots } = this.#parts
    const opening = this.#inTime(() => robots?.open(origin))
    this.#scheduler.begun(origin, now())
    await opening
    this.#scheduler.opened(origin, now(), robots?.delayOf(origin))
    this.#change.set()
  }

  async #visit(origin: string, item: Attempt): Promise<void> {
    // Cut off at the end of the time it has no outcome: it stays in the queue of the store, as if never claimed.
    const settling = this.#inTime(() => this.#settle(origin, item))
    // On a busy machine a process may be stopped at any line: the distance counts from when the request is on its way.
    this.#scheduler.begun(origin, now())
    const outcome = await settling
    this.#visiting--
    this.#scheduler.ended(origin)
    if (outcome !== undefined) this.#parts.writer.add(outcome)
    this.#change.set()
  }

  /** Cancels work that is still running when the time of the run is over, and waits until it has ended. */
  async #inTime<T>(work: () => T | Promise<T>): Promise<T | undefined> {
    if (this.#endsAt === Infinity) return await work()
    const result = await moveOnAfter(Math.max(0, this.#endsAt - now()), async () => await work())
    return result.timedOut ? undefined : result.value
  }

  /** What is to be stored of one attempt; nothing when there is to be another one. */
  async #settle(origin: string, item: Attempt): Promise<Outcome | undefined> {
    const { robots, limits, visit, health, onRetry } = this.#parts
    const { entry, attempt } = item
    const asked = robots?.ask(origin, addressOf(entry.url)) ?? { answer: 'allowed' }
    if (asked.answer === 'disallowed') return { result: 'skip', entry, reason: 'robots' }
    if (asked.answer === 'unreachable') {
      this.#parts.onUnreachable?.(item, asked.failure)
      return failureOf(entry, asked.failure, attempt)
    }
    if (asked.answer === 'unknown') {
      this.#scheduler.close(origin)
      this.#scheduler.retry(origin, item, now())
      return undefined
    }

    const visited =
      health === undefined ? await visit(item) : await health.visit(origin, () => visit(item))
    if (visited.result === 'later') {
      this.#scheduler.pause(origin, visited.until)
      this.#scheduler.retry(origin, item, visited.until)
      return undefined
    }
    const slower = health?.delayOf(origin)
    if (slower !== undefined) this.#scheduler.slow(origin, slower)
    if (visited.result !== 'failure') return { ...visited, entry }
    const { failure, retryAfter, links }: Failed = visited
    const again = failure.retryable && attempt < limits.attempts
    if (!again || health?.tryRetry(origin) === false) {
      return failureOf(entry, failure, attempt, links)
    }
    const at = now() + backoffAfter(attempt, limits, retryAfter, this.#random())
    // A server that names a time speaks of itself, not of one page.
    if (retryAfter !== undefined) {
      this.#scheduler.pause(origin, at)
      // Of several the one that is done with first.
      const { until = 0 } = this.waiting ?? {}
      if (until === 0 || at < until) this.#paused = { origin, until: at }
    }
    this.#scheduler.retry(origin, { entry, attempt: attempt + 1 }, at)
    onRetry()
    return undefined
  }
}

/** What is said of an origin, by itself or by its name. */
function settingsBy(
  hosts: Readonly<Record<string, HostSettings>>,
): (origin: string) => { readonly delay?: number; readonly limit?: number } {
  return (origin) => {
    const { delay, concurrency } = hosts[origin] ?? hosts[new URL(origin).hostname] ?? {}
    return {
      ...(delay === undefined ? {} : { delay }),
      ...(concurrency === undefined ? {} : { limit: concurrency }),
    }
  }
}

function failureOf(
  entry: FrontierEntry,
  failure: { readonly kind: string; readonly code: string; readonly message: string },
  attempts: number,
  links?: readonly StoredLink[],
): Outcome {
  const { kind, code, message } = failure
  const failedAt = Math.round(now())
  return { result: 'failure', entry, failure: { kind, code, message, attempts, failedAt }, links }
}
