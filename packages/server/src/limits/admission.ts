import { moveOnAfter, Semaphore } from 'corral'
import { requireDuration, requireLimit } from 'corral/lowlevel'
import { HttpProblem } from '../errors.ts'

export interface AdmissionOptions {
  /** Requests at a time. Default `Infinity`. */
  readonly limit?: number
  /** Requests that may queue; the next one gets 503. Default 0. */
  readonly queue?: number
  /** How long a request may queue before it gets 503, in milliseconds. Default 1000. */
  readonly queueTimeout?: number
}

/** Limits requests at a time and in the queue; all others get 503 with Retry-After at once, while that is cheap. */
export class Admission {
  /** Undefined when there is nothing to limit. */
  static of(api: string, options: AdmissionOptions): Admission | undefined {
    const { limit = Infinity, queue = 0, queueTimeout = 1000 } = options
    requireLimit(`${api}: limit`, limit)
    requireLimit(`${api}: queue`, queue, 0)
    requireDuration(`${api}: queueTimeout`, queueTimeout)
    return limit === Infinity ? undefined : new Admission(limit, queue, queueTimeout)
  }

  readonly #places: Semaphore
  readonly #queue: number
  readonly #queueTimeout: number

  constructor(limit: number, queue: number, queueTimeout: number) {
    this.#places = new Semaphore(limit, { name: 'requests at once' })
    this.#queue = queue
    this.#queueTimeout = queueTimeout
  }

  /** @throws HttpProblem 503 when full, when the queue is full, or when it queued too long */
  async enter(): Promise<Disposable> {
    const place = this.#places.tryAcquire()
    if (place !== undefined) return place
    if (this.#places.waiting >= this.#queue) throw overloaded()
    const wait = await moveOnAfter(this.#queueTimeout, () => this.#places.acquire())
    if (wait.timedOut) throw overloaded()
    return wait.value
  }
}

function overloaded(): HttpProblem {
  return new HttpProblem(503, {
    detail: 'too many requests are under way; try again later',
    headers: { 'retry-after': 1 },
  })
}
