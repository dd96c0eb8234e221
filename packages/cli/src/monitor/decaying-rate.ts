/** Milliseconds in which what was counted loses two thirds of its weight. */
const span = 3000

/** Events per second, of late: each counts less the longer it is ago. */
export class DecayingRate {
  #value = 0
  #at = 0

  add(now: number): void {
    this.#value = this.at(now) + 1000 / span
    this.#at = now
  }

  at(now: number): number {
    return this.#value * Math.exp(Math.min(0, this.#at - now) / span)
  }
}
