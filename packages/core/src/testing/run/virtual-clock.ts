import { Clock } from '../../kernel/clock.ts'
import type { ClockEntry, TimeSource } from '../../kernel/clock.ts'

/** Time that stands still until it is told to jump. It arms nothing. */
class VirtualTime implements TimeSource {
  #now: number

  constructor(start: number) {
    this.#now = start
  }

  now(): number {
    return this.#now
  }

  arm(): void {}

  moveTo(moment: number): void {
    this.#now = Math.max(this.#now, moment)
  }
}

/** A clock of virtual time: it moves only from timer to timer, and rings them when asked to. */
export class VirtualClock extends Clock {
  readonly #time: VirtualTime
  readonly #due: ((timer: ClockEntry) => boolean) | undefined
  #added = new Set<ClockEntry>()
  #sweepAt = 1024
  /** The longest time that a timer was set for. */
  longest = 0

  /** @param due told of each timer that is due; whether it will ring it by itself, later */
  constructor(start: number, due?: (timer: ClockEntry) => boolean) {
    const time = new VirtualTime(start)
    super(time)
    this.#time = time
    this.#due = due
  }

  override add(timer: ClockEntry): void {
    super.add(timer)
    if (timer.at === Infinity) return
    this.longest = Math.max(this.longest, timer.at - this.now())
    this.#added.add(timer)
    if (this.#added.size < this.#sweepAt) return
    this.#added = new Set(this.pending)
    this.#sweepAt = Math.max(1024, 2 * this.#added.size)
  }

  /** The timers that have not rung yet, in the order in which they were set. */
  get pending(): ClockEntry[] {
    return [...this.#added].filter((timer) => timer.slot >= 0)
  }

  /** Jumps to the next timer and rings all that are due then. False when there is none. */
  jump(): boolean {
    const { next } = this
    if (next === undefined) return false
    this.#time.moveTo(next)
    this.fire()
    return true
  }

  protected override ring(timer: ClockEntry): void {
    if (this.#due?.(timer) !== true) timer.expire()
  }
}
