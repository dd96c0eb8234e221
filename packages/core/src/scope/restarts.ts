import { refuse, requireDuration, requireLimit, requireOptions } from '../kernel/guard.ts'

export interface RestartOptions {
  /** How many restarts there may be within `within`, of all tasks together; the failure after that is the supervisor's. Default 5. */
  readonly attempts?: number
  /** In milliseconds. A task that ran for that long begins its backoff anew. Default 60 000. */
  readonly within?: number
  /** Delays before the restarts of a task, in milliseconds; the last one is repeated. Default: none. */
  readonly backoff?: Iterable<number>
}

/** How often the tasks of a supervisor were restarted, and what comes of the next failure. */
export class Restarts {
  readonly #attempts: number
  readonly #within: number
  readonly #backoff: Iterable<number>
  /** When, as far as it still counts. */
  #times: number[] = []

  constructor({ attempts = 5, within = 60_000, backoff = [] }: RestartOptions) {
    requireLimit('supervisor: restart.attempts', attempts, 0)
    requireDuration('supervisor: restart.within', within)
    if (!isRepeatable(backoff)) {
      const what = 'an iterable of milliseconds that begins anew each time, such as [100, 200]'
      refuse('supervisor: restart.backoff', what, backoff)
    }
    this.#attempts = attempts
    this.#within = within
    this.#backoff = backoff
  }

  /** Counts a restart; false when there were too many. */
  count(now: number): boolean {
    this.#times = this.#times.filter((time) => now - time < this.#within)
    if (this.#times.length >= this.#attempts) return false
    this.#times.push(now)
    return true
  }

  /** The delays of a task that has just failed for the first time. */
  begin(now: number): Restarted {
    return new Restarted(this.#backoff, this.#within, now)
  }
}

/** A generator would give what is left of it: each task begins its delays anew. */
function isRepeatable(backoff: Iterable<number> | undefined): boolean {
  if (typeof backoff?.[Symbol.iterator] !== 'function') return false
  return (backoff[Symbol.iterator]() as unknown) !== backoff
}

/** The delays of one task. */
export class Restarted {
  readonly #backoff: Iterable<number>
  readonly #within: number
  #delays: Iterator<number>
  #last = 0
  #startedAt: number

  constructor(backoff: Iterable<number>, within: number, now: number) {
    this.#backoff = backoff
    this.#within = within
    this.#delays = backoff[Symbol.iterator]()
    this.#startedAt = now
  }

  /** It has failed: how long to wait before it is started again. */
  delay(now: number): number {
    if (now - this.#startedAt >= this.#within) {
      this.#delays = this.#backoff[Symbol.iterator]()
      this.#last = 0
    }
    const { done, value } = this.#delays.next()
    if (done !== true) {
      requireDuration('supervisor: restart.backoff, a delay', value)
      this.#last = value
    }
    this.#startedAt = now + this.#last
    return this.#last
  }
}

/** Checks the options, where there are any. */
export function restartsOf(options: RestartOptions | undefined): Restarts | undefined {
  if (options === undefined) return undefined
  requireOptions('supervisor: restart', options)
  return new Restarts(options)
}
