/** How long what was claimed ahead may have to wait for its turn, in milliseconds. */
const horizon = 20
/** As many at the most. */
const most = 1000

/**
 * How many jobs to claim ahead, so that short ones do not wait for the store, and long ones are left to workers that
 * have time for them: as many as begin within a few milliseconds, by how long the last ones took.
 */
export class ReadAhead {
  readonly #concurrency: number
  #mean: number | undefined

  constructor(concurrency: number) {
    this.#concurrency = concurrency
  }

  /** @param took in milliseconds */
  ended(took: number): void {
    this.#mean = this.#mean === undefined ? took : this.#mean * 0.9 + took * 0.1
  }

  /** How many to have in hand, those that run counted in. */
  get most(): number {
    if (this.#mean === undefined) return this.#concurrency
    const ahead = Math.floor((this.#concurrency * horizon) / Math.max(this.#mean, 0.05))
    return this.#concurrency + (ahead < this.#concurrency ? 0 : Math.min(ahead, most))
  }

  /** How many to claim when `held` are in hand: none before half of them are gone, so that many come at once. */
  room(held: number): number {
    const wanted = this.most
    return held < this.#concurrency || held <= wanted / 2 ? wanted - held : 0
  }
}
