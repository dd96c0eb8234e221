/** Counts messages against a rate: a token bucket that holds one second's worth. */
export class MessageRate {
  readonly #perSecond: number
  #tokens: number
  #at: number

  constructor(perSecond: number, now: number) {
    this.#perSecond = perSecond
    this.#tokens = perSecond
    this.#at = now
  }

  /** Takes a token; false when there is none. */
  take(now: number): boolean {
    const filled = this.#tokens + ((now - this.#at) / 1000) * this.#perSecond
    this.#tokens = Math.min(this.#perSecond, filled)
    this.#at = now
    if (this.#tokens < 1) return false
    this.#tokens -= 1
    return true
  }
}
