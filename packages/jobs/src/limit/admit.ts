import type { Limit } from '../store/records.ts'
import { roomIn, taken } from './rate-window.ts'
import type { RateWindow } from './rate-window.ts'

/** A job that may begin as far as its own state goes. */
export interface Candidate {
  readonly id: string
  readonly queue: string
  readonly limitKey: string | undefined
  readonly limit: Limit | undefined
}

/** What a queue or a key uses at present. */
export interface Usage {
  readonly running: number
  readonly window: RateWindow
}

export interface Admitted {
  readonly ids: readonly string[]
  /** After how long a rate lets more begin; `Infinity` when none holds anything back. */
  readonly again: number
  /** The windows that have changed, by limiter. */
  readonly windows: ReadonlyMap<string, RateWindow>
}

/** The names that queues and keys have as limiters. */
export function queueLimiter(queue: string): string {
  return `queue:${queue}`
}

export function keyLimiter(key: string): string {
  return `key:${key}`
}

const unused: Usage = { running: 0, window: [] }

/**
 * Which of the candidates may begin now: in their order, up to `room`, and no more of a queue or a key than its limit
 * allows. It must be done where nobody else decides at the same time.
 */
export function admit(
  candidates: readonly Candidate[],
  room: number,
  queueLimits: ReadonlyMap<string, Limit>,
  usage: ReadonlyMap<string, Usage>,
  now: number,
): Admitted {
  const counters = new Map<string, Counter>()
  const counterOf = (limiter: string, limit: Limit | undefined): Counter | undefined => {
    if (limit === undefined) return undefined
    let counter = counters.get(limiter)
    if (counter === undefined) {
      counter = new Counter(limit, usage.get(limiter) ?? unused, now)
      counters.set(limiter, counter)
    }
    return counter
  }
  const ids: string[] = []
  let again = Infinity
  for (const { id, queue, limitKey, limit } of candidates) {
    if (ids.length === room) break
    const ofQueue = counterOf(queueLimiter(queue), queueLimits.get(queue))
    const ofKey = limitKey === undefined ? undefined : counterOf(keyLimiter(limitKey), limit)
    const wait = Math.max(ofQueue?.wait ?? 0, ofKey?.wait ?? 0)
    if (wait > 0) {
      again = Math.min(again, wait)
      continue
    }
    ofQueue?.take()
    ofKey?.take()
    ids.push(id)
  }
  const windows = new Map<string, RateWindow>()
  for (const [limiter, { window }] of counters) {
    if (window !== undefined) windows.set(limiter, window)
  }
  return { ids, again, windows }
}

class Counter {
  readonly #limit: Limit
  readonly #usage: Usage
  readonly #now: number
  readonly #byRate: { readonly room: number; readonly again: number }
  #begun = 0

  constructor(limit: Limit, usage: Usage, now: number) {
    this.#limit = limit
    this.#usage = usage
    this.#now = now
    this.#byRate =
      limit.rate === undefined
        ? { room: Infinity, again: 0 }
        : roomIn(usage.window, limit.rate, now)
  }

  /** Until one more may begin, as far as is known: 0 now, `Infinity` when one has to end first. */
  get wait(): number {
    const { concurrency = Infinity, rate } = this.#limit
    if (this.#usage.running + this.#begun >= concurrency) return Infinity
    if (this.#begun < this.#byRate.room) return 0
    return this.#byRate.room === 0 ? this.#byRate.again : (rate?.interval ?? 0)
  }

  take(): void {
    this.#begun += 1
  }

  /** Undefined when it has not changed. */
  get window(): RateWindow | undefined {
    const { rate } = this.#limit
    if (rate === undefined || this.#begun === 0) return undefined
    return taken(this.#usage.window, rate, this.#begun, this.#now)
  }
}
