import { monitorEventLoopDelay } from 'node:perf_hooks'

/** How late the event loop was since it was asked last, in seconds. */
export interface LoopDelay {
  readonly p50: number
  readonly p99: number
  readonly max: number
}

/** The delays of the event loop, in a histogram that is emptied each time it is read: otherwise one long block is told for ever. */
export class LoopDelays implements Disposable {
  readonly #histogram = monitorEventLoopDelay({ resolution: RESOLUTION })

  constructor() {
    this.#histogram.enable()
  }

  take(): LoopDelay {
    const histogram = this.#histogram
    const taken =
      histogram.count === 0
        ? { p50: 0, p99: 0, max: 0 }
        : {
            p50: seconds(histogram.percentile(50)),
            p99: seconds(histogram.percentile(99)),
            max: seconds(histogram.max),
          }
    histogram.reset()
    return taken
  }

  [Symbol.dispose](): void {
    this.#histogram.disable()
  }
}

/** In milliseconds. */
const RESOLUTION = 20

/** The histogram's own timer is in what it measures. */
function seconds(ns: number): number {
  return Math.max(0, ns / 1e9 - RESOLUTION / 1000)
}
