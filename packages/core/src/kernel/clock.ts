import { Heap } from './heap.ts'
import type { Slotted } from './heap.ts'

/** What is to happen at a time: a sleeper to be woken, a scope whose deadline passes. */
export interface ClockEntry extends Slotted {
  /** Milliseconds since the epoch. */
  readonly at: number
  /** Its turn among those with the same `at`; set by the clock. */
  order: number
  expire(): void
}

/** Where a clock takes the time from, and who wakes it. */
export interface TimeSource {
  /** Milliseconds since the epoch. */
  now(): number
  /** The earliest timer changed: call `fire` at `at`; undefined when no timer is left. */
  arm(at: number | undefined, fire: () => void): void
}

/**
 * The timers of one runtime in one heap, earliest first, first come first served among equals. It
 * asks its source for one alarm, however many timers there are.
 */
export class Clock {
  readonly #source: TimeSource
  readonly #timers = new Heap<ClockEntry>(earlier)
  readonly #fire = (): void => this.fire()
  #order = 0

  constructor(source: TimeSource) {
    this.#source = source
  }

  now(): number {
    return this.#source.now()
  }

  /** When the earliest timer is due. */
  get next(): number | undefined {
    return this.#timers.peek()?.at
  }

  get size(): number {
    return this.#timers.size
  }

  add(timer: ClockEntry): void {
    if (timer.at === Infinity) return
    timer.order = this.#order++
    this.#timers.push(timer)
    if (timer.slot === 0) this.#source.arm(timer.at, this.#fire)
  }

  remove(timer: ClockEntry): void {
    const first = timer.slot === 0
    this.#timers.remove(timer)
    if (first) this.#source.arm(this.next, this.#fire)
  }

  /** Rings every timer that is due, in order. */
  fire(): void {
    const now = this.#source.now()
    for (;;) {
      const timer = this.#timers.peek()
      if (timer === undefined || timer.at > now) break
      this.#timers.remove(timer)
      timer.expire()
    }
    this.#source.arm(this.next, this.#fire)
  }
}

function earlier(a: ClockEntry, b: ClockEntry): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order)
}
