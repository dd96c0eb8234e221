import type { CrawlProgress } from '@corral/crawl'

/** A moment of a crawl. */
export interface SeriesPoint {
  /** Seconds since it began. */
  readonly at: number
  /** Pages per second since the point before. */
  readonly rate: number
  readonly queued: number
  readonly inFlight: number
}

/** Points that are kept; then every other one goes, and from there on points are taken half as often. */
const most = 240

/** How a crawl went, from its beginning to now, in a bounded number of points. */
export class TimeSeries {
  #points: SeriesPoint[] = []
  #step = 1000
  #last = { elapsed: 0, newPages: 0 }

  get points(): readonly SeriesPoint[] {
    return this.#points
  }

  add({ elapsed, newPages, queued, inFlight }: CrawlProgress): void {
    const since = elapsed - this.#last.elapsed
    if (since < this.#step) return
    const rate = ((newPages - this.#last.newPages) * 1000) / since
    this.#points.push({ at: elapsed / 1000, rate, queued, inFlight })
    this.#last = { elapsed, newPages }
    if (this.#points.length >= most) this.#halve()
  }

  #halve(): void {
    const points = this.#points
    this.#points = points.flatMap((point, index) => {
      const before = points[index - 1]
      return index % 2 === 0 || before === undefined
        ? []
        : [{ ...point, rate: (point.rate + before.rate) / 2 }]
    })
    this.#step *= 2
  }
}
