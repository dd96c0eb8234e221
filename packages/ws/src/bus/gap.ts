import type { CarriedMessage } from './bus-message.ts'

/** How often missing messages are requested again, in milliseconds. */
const ASK_AGAIN = 250
/** Maximum number of messages held behind a gap. */
const MOST_HELD = 10_000

/** Missing messages of one publisher, and the later ones that have arrived. */
export class Gap {
  /** When the gap is given up. */
  deadline: number
  /** The last offset that is known to exist. */
  to = 0
  readonly #held = new Map<number, CarriedMessage>()
  #askedAt = -Infinity

  constructor(deadline: number) {
    this.deadline = deadline
  }

  get empty(): boolean {
    return this.#held.size === 0
  }

  hold(message: CarriedMessage): void {
    this.to = Math.max(this.to, message.offset)
    if (this.#held.size < MOST_HELD) this.#held.set(message.offset, message)
  }

  take(offset: number): CarriedMessage | undefined {
    const message = this.#held.get(offset)
    this.#held.delete(offset)
    return message
  }

  /** The last missing offset, counting from `from`. */
  endOfFirst(from: number): number {
    let end = this.to
    for (const offset of this.#held.keys()) if (offset >= from) end = Math.min(end, offset - 1)
    return end
  }

  shouldAsk(now: number): boolean {
    if (now - this.#askedAt < ASK_AGAIN) return false
    this.#askedAt = now
    return true
  }
}
