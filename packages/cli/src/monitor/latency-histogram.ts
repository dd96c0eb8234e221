/** Upper bounds of the buckets in milliseconds; what is above the last one has a bucket too. */
export const latencyBounds: readonly number[] = [
  1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000,
]

/** Counts how long requests took, in buckets whose bounds grow as 1, 2, 5. */
export class LatencyHistogram {
  readonly #counts: number[] = Array.from({ length: latencyBounds.length + 1 }, () => 0)
  #total = 0

  get counts(): readonly number[] {
    return this.#counts
  }

  add(ms: number): void {
    const found = latencyBounds.findIndex((bound) => ms <= bound)
    const index = found === -1 ? latencyBounds.length : found
    this.#counts[index] = (this.#counts[index] ?? 0) + 1
    this.#total++
  }

  /** About so many milliseconds are not exceeded by a part of the requests: 0.95 for the 95th percentile. */
  quantile(part: number): number {
    let before = 0
    for (const [index, count] of this.#counts.entries()) {
      if (count > 0 && before + count >= part * this.#total) {
        const low = latencyBounds[index - 1] ?? 0
        const high = latencyBounds[index] ?? low
        return low + ((part * this.#total - before) / count) * (high - low)
      }
      before += count
    }
    return 0
  }
}
