import type { StoreCounts } from '../store/outcome.ts'

/** How far a crawl is: a plain record, the same from first to last. */
export interface CrawlProgress {
  /** Pages stored, those of earlier runs on the same store included. */
  readonly pages: number
  /** Of those, the ones of this run. */
  readonly newPages: number
  /** Of their bodies, unpacked, in all. */
  readonly bytes: number
  readonly queued: number
  readonly inFlight: number
  readonly failed: number
  readonly skipped: number
  /** Requests that are to be made again. */
  readonly retries: number
  /** Failed URLs by kind. */
  readonly failures: Readonly<Record<string, number>>
  /** Pages per second over the last seconds. */
  readonly rate: number
  /** Milliseconds since this run began. */
  readonly elapsed: number
  /** The host that asks to be left alone for so many milliseconds more, when there is nothing else to do. */
  readonly waiting?: { readonly origin: string; readonly ms: number } | undefined
}

/** Milliseconds over which the rate is taken. */
const span = 5000

/** Counts what only this run knows, and takes the rest from the store. */
export class ProgressMeter {
  readonly #startedAt: number
  readonly #pagesBefore: number
  readonly #marks: { readonly at: number; readonly pages: number }[] = []
  retries = 0

  constructor(counts: StoreCounts, now: number) {
    this.#startedAt = now
    this.#pagesBefore = counts.pages
    this.#marks.push({ at: now, pages: counts.pages })
  }

  read(
    counts: StoreCounts,
    inFlight: number,
    now: number,
    waiting?: { readonly origin: string; readonly until: number },
  ): CrawlProgress {
    const marks = this.#marks
    marks.push({ at: now, pages: counts.pages })
    while (marks.length > 2 && (marks[1]?.at ?? now) <= now - span) marks.shift()
    const [first] = marks
    const seconds = (now - (first?.at ?? now)) / 1000
    return {
      pages: counts.pages,
      newPages: counts.pages - this.#pagesBefore,
      bytes: counts.bytes,
      queued: counts.queued,
      inFlight,
      failed: counts.failed,
      skipped: counts.skipped,
      retries: this.retries,
      failures: counts.failures,
      rate: seconds > 0 ? (counts.pages - (first?.pages ?? 0)) / seconds : 0,
      elapsed: now - this.#startedAt,
      ...(waiting === undefined
        ? {}
        : { waiting: { origin: waiting.origin, ms: waiting.until - now } }),
    }
  }
}
