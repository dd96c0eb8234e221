/** Milliseconds from which on a host is slow: the time of its answers, averaged over the last few. */
const slow = 1000
/** The first delay after a host asked for fewer requests, at least. */
const firstDelay = 100
/** What is below this is none. */
const leastDelay = 5

/**
 * The delay between the requests to one host, as its answers ask for it: doubled while it says that it has too much to do,
 * raised while it is slow, lowered with every success when it is not. Errors never lower it. Plain data: no clock.
 *
 * What was asked before the delay was raised says nothing of the new one and is ignored.
 *
 * @see TCP's congestion control; Scrapy's AutoThrottle
 */
export class AdaptiveDelay {
  readonly #maxDelay: number
  readonly #limitPerHost: number
  #delay = 0
  #raisedAt = -Infinity
  #average = 0
  #doubts = 0
  /** Since it was raised. */
  #succeeded = false

  /** @param maxDelay milliseconds; @param limitPerHost requests at a time */
  constructor(maxDelay: number, limitPerHost: number) {
    this.#maxDelay = maxDelay
    this.#limitPerHost = limitPerHost
  }

  /** Milliseconds between the starts of requests. */
  get delay(): number {
    return this.#delay
  }

  /** It may have too much to do: 503, a timeout. One may be the page's own; several without a success between are not. */
  faltered(startedAt: number, now: number): void {
    if (++this.#doubts >= 3) this.overloaded(startedAt, now)
  }

  /** It says that it has too much to do: 429. */
  overloaded(startedAt: number, now: number): void {
    if (startedAt < this.#raisedAt) return
    // A page that fails among others that do not is no reason to slow down ever more.
    const next = this.#succeeded ? this.#delay : this.#delay * 2
    this.#raise(Math.max(firstDelay, (now - startedAt) / this.#limitPerHost, next), now)
  }

  /** An answer that is no error. */
  succeeded(startedAt: number, now: number): void {
    // One slow page is no slow host: it takes some of them.
    this.#average += (now - startedAt - this.#average) / 4
    this.#doubts = 0
    if (startedAt < this.#raisedAt) return
    this.#succeeded = true
    if (this.#average < slow) {
      this.#delay = this.#delay * 0.8 < leastDelay ? 0 : this.#delay * 0.8
      return
    }
    // Half as many at a time as there are now.
    const target = (2 * this.#average) / this.#limitPerHost
    if (target > this.#delay) this.#raise((this.#delay + target) / 2, now)
  }

  #raise(delay: number, now: number): void {
    this.#delay = Math.min(delay, this.#maxDelay)
    this.#raisedAt = now
    this.#succeeded = false
  }
}
