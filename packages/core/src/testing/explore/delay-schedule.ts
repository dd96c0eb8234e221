import type { PendingWake } from '../run/pending-wake.ts'
import { Schedule } from '../run/schedule.ts'
import type { Delay, Lateness } from './delay.ts'

/** A wake-up that comes late, and what must still happen before it may go. */
interface Late {
  readonly kind: Lateness['kind']
  left: number
}

/**
 * First come, first served, except for the delays given: without any it is FIFO. It is the same at
 * each repetition, so a schedule is told by its delays alone.
 */
export class DelaySchedule extends Schedule {
  readonly #delayOf: (held: PendingWake) => Lateness | undefined
  readonly #late = new Map<PendingWake, Late>()

  /** @param delayOf tells how late a wake-up is to be; asked once for each, as they come */
  constructor(delayOf: (held: PendingWake) => Lateness | undefined) {
    super()
    this.#delayOf = delayOf
  }

  override add(held: PendingWake): void {
    super.add(held)
    const lateness = this.#delayOf(held)
    if (lateness !== undefined) {
      this.#late.set(held, { kind: lateness.kind, left: lateness.amount })
    }
  }

  override jumped(): void {
    for (const late of this.#late.values()) {
      if (late.kind !== 'd' && late.left > 0) late.left -= 1
    }
  }

  protected choose(timers: boolean): number {
    if (this.#late.size === 0) return 0
    const prompt = this.queue.findIndex((held) => this.#mayGo(held))
    if (prompt >= 0) return prompt
    if (timers && this.queue.every((held) => this.#mayWaitForTime(held))) return -1
    return Math.max(
      0,
      this.queue.findIndex((held) => !(timers && this.#mayWaitForTime(held))),
    )
  }

  protected override passed(held: PendingWake): void {
    if (this.#late.size === 0) return
    this.#late.delete(held)
    for (const [other, late] of this.#late) {
      if (other.seq < held.seq && late.kind !== 't') late.left -= 1
    }
  }

  /** It is not late, or it was overtaken by as many as it should. */
  #mayGo(held: PendingWake): boolean {
    const late = this.#late.get(held)
    return late === undefined || (late.kind !== 't' && late.left <= 0)
  }

  #mayWaitForTime(held: PendingWake): boolean {
    const late = this.#late.get(held)
    return late !== undefined && late.kind !== 'd' && late.left > 0
  }
}

/** The schedule that a list of delays describes. */
export function delayed(delays: readonly Delay[]): Schedule {
  const bySeq = new Map(delays.map((delay) => [delay.seq, delay]))
  return new DelaySchedule(({ seq }) => bySeq.get(seq))
}
