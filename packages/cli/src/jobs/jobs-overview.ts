import { now } from 'corral'
import type { JobRecord, JobState, JobStore, QueueStats, WorkerView } from '@corral/jobs'

/** Everything that the page shows at once: sent whole each time, so that a page opened late misses nothing. */
export interface JobsState {
  readonly where: string
  /** The store's clock, in milliseconds since the epoch. */
  readonly now: number
  readonly queues: readonly QueueStats[]
  readonly counts: Readonly<Record<JobState, number>>
  /** Jobs per second, now. */
  readonly rates: Rates
  /** Seconds since the first rate was known, ended per second, failed per second, waiting. */
  readonly series: readonly (readonly [number, number, number, number])[]
  readonly running: readonly JobRecord[]
  readonly schedules: readonly ScheduleView[]
  readonly workers: readonly WorkerView[]
  /** What the page may do and the store cannot. */
  readonly lacks: readonly string[]
}

export interface Rates {
  readonly added: number
  readonly ended: number
  readonly dead: number
}

export interface ScheduleView {
  readonly name: string
  readonly expression: string
  readonly timezone: string
  readonly kind: string
  readonly nextAt: number
}

interface Sample {
  readonly at: number
  readonly last: number
  readonly unended: number
  readonly dead: number
}

/** Running jobs that are shown. */
const mostRunning = 50
/** Points of the charts: twice as many are thinned to this. */
const mostPoints = 300
/** What is counted towards a rate: samples of so many milliseconds. */
const span = 5000

/** Watches a store, by looking again and again: what is shown of it. */
export class JobsOverview {
  readonly #store: JobStore
  readonly #where: string
  #samples: Sample[] = []
  #series: (readonly [number, number, number, number])[] = []
  #startedAt: number | undefined
  #step = 1
  #ticks = 0

  /** @param where what the store is called on the page */
  constructor(store: JobStore, where: string) {
    this.#store = store
    this.#where = where
  }

  /**
   * Looks at the store.
   *
   * Cancellation: between two questions.
   */
  async look(): Promise<JobsState> {
    const store = this.#store
    const has = (one: Parameters<JobStore['capabilities']['has']>[0]): boolean =>
      store.capabilities.has(one)
    const queues = await store.stats()
    const { now: time, schedules } = has('cron')
      ? await store.schedules()
      : { now: now(), schedules: [] }
    const running = has('browse') ? await store.list({ state: 'running', limit: mostRunning }) : []
    const [newest] = has('browse') ? await store.list({ limit: 1 }) : []
    const workers = await store.workers()
    const counts = totalOf(queues)
    const known = this.#rates(time, counts, Number(newest?.id))
    if (known !== undefined) this.#draw(time, known, counts)
    const rates = known ?? { added: 0, ended: 0, dead: 0 }
    return {
      where: this.#where,
      now: time,
      queues,
      counts,
      rates,
      series: this.#series,
      running,
      schedules: schedules.map(({ name, expression, timezone, job, nextAt }) => {
        return { name, expression, timezone, kind: job.kind, nextAt }
      }),
      workers,
      lacks: (['browse', 'cancel', 'pause', 'cron', 'progress'] as const).filter(
        (one) => !has(one),
      ),
    }
  }

  /**
   * Ended jobs may be removed at once, so they cannot be counted: what was added and no longer waits or runs has
   * ended. Where ids are no numbers that grow, what is kept is counted.
   *
   * @returns undefined at the first look
   */
  #rates(at: number, counts: JobsState['counts'], newest: number): Rates | undefined {
    const { blocked, ready, later, running, done, dead, cancelled } = counts
    const unended = blocked + ready + later + running
    const last = Number.isSafeInteger(newest) ? newest : unended + done + dead + cancelled
    // The last one stays, however long ago: then it is the mean of the time in which nobody looked.
    this.#samples = this.#samples.filter(
      (sample, index, all) => sample.at >= at - span || index === all.length - 1,
    )
    const [first] = this.#samples
    this.#samples.push({ at, last: Math.max(last, this.#samples.at(-1)?.last ?? 0), unended, dead })
    const sample = this.#samples.at(-1)
    if (first === undefined || sample === undefined) return undefined
    const seconds = Math.max(0.001, (at - first.at) / 1000)
    const added = sample.last - first.last
    const ended = Math.max(0, added - (unended - first.unended))
    return {
      added: added / seconds,
      ended: ended / seconds,
      dead: Math.max(0, dead - first.dead) / seconds,
    }
  }

  #draw(now: number, { ended, dead }: Rates, counts: JobsState['counts']): void {
    this.#startedAt ??= now
    const seconds = Math.max(0, (now - this.#startedAt) / 1000)
    if (this.#ticks++ % this.#step === 0) {
      const waiting = counts.ready + counts.later + counts.blocked
      this.#series.push([rounded(seconds), rounded(ended), rounded(dead), waiting])
    }
    if (this.#series.length >= 2 * mostPoints) {
      this.#series = this.#series.filter((_, index) => index % 2 === 0)
      this.#step *= 2
    }
  }
}

function totalOf(queues: readonly QueueStats[]): Readonly<Record<JobState, number>> {
  const total = { blocked: 0, ready: 0, later: 0, running: 0, done: 0, dead: 0, cancelled: 0 }
  for (const { counts } of queues) {
    for (const [state, count] of Object.entries(counts)) total[state as JobState] += count
  }
  return total
}

function rounded(value: number): number {
  return Math.round(value * 10) / 10
}
