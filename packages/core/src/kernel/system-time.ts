import type { TimeSource } from './clock.ts'
import { runOutside } from './context.ts'
import { clearTimeout, macrotask, monotonicNow, setTimeout } from './originals.ts'

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
    if (this.#hostTimer !== undefined)
      clearTimeout(this.#hostTimer as ReturnType<typeof setTimeout>)
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
