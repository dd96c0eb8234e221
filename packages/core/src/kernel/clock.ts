import { Heap } from './heap.ts'
import type { Slotted } from './heap.ts'
import { clearTimeout, macrotask, monotonicNow, runOutside, setTimeout } from './platform.ts'

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
      this.ring(timer)
    }
    this.#source.arm(this.next, this.#fire)
  }

  /** A timer is due, and no longer here. A clock for tests may let it ring later. */
  protected ring(timer: ClockEntry): void {
    timer.expire()
  }
}

function earlier(a: ClockEntry, b: ClockEntry): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order)
}

/** The longest delay that the platform's timers take; longer ones are reached in several laps. */
const LONGEST = 2 ** 31 - 1

interface HostTimer {
  ref?(): unknown
  unref?(): unknown
}

/**
 * The machine's time. One native timer is armed for the earliest deadline. It is moved only to come
 * earlier: when it rings too soon it is set again, and when nothing is left it no longer keeps the
 * process alive. So a timeout around work that ends in time touches no native timer.
 */
export class SystemTime implements TimeSource {
  #hostTimer: HostTimer | undefined
  #at = Infinity
  #idle = true

  now(): number {
    return monotonicNow()
  }

  arm(at: number | undefined, fire: () => void): void {
    if (at === undefined) {
      this.#hostTimer?.unref?.()
      this.#idle = true
      return
    }
    if (at < this.#at) this.#set(at, fire)
    else if (this.#idle) this.#hostTimer?.ref?.()
    this.#idle = false
  }

  #set(at: number, fire: () => void): void {
    if (this.#hostTimer !== undefined) {
      clearTimeout(this.#hostTimer as ReturnType<typeof setTimeout>)
    }
    const delay = Math.min(Math.ceil(at - this.now()), LONGEST)
    if (delay > 0) {
      this.#at = at
      this.#hostTimer = runOutside(setTimeout, () => this.#rang(fire), delay) as HostTimer
    } else {
      this.#at = -Infinity // due: nothing can come earlier than the next turn
      this.#hostTimer = undefined
      runOutside(macrotask, () => this.#rang(fire))
    }
  }

  #rang(fire: () => void): void {
    this.#hostTimer = undefined
    this.#at = Infinity
    fire()
  }
}
