import { RingBuffer } from 'corral/lowlevel'
import type { RoomMessage } from './room-message.ts'

/** How far a reader has got: the last offset of each epoch. */
export type Positions = Readonly<Record<string, number>>

/** What is known of one publisher: kept messages start after `dropped`, the last known is `last`. */
interface Epoch {
  last: number
  dropped: number
}

/** The messages after a position. */
export interface Missed {
  /** Whether all of them are here; otherwise `messages` has what is left. */
  readonly complete: boolean
  readonly messages: readonly RoomMessage[]
}

/**
 * The last messages of a room, from all publishers. A reader's positions show what it missed, in any process: each
 * publisher numbers its messages, and the log knows from which one on it has them without a gap.
 */
export class RoomLog {
  readonly #capacity: number
  readonly #messages = new RingBuffer<RoomMessage>()
  readonly #epochs = new Map<string, Epoch>()

  constructor(capacity: number) {
    this.#capacity = capacity
  }

  get size(): number {
    return this.#messages.size
  }

  positions(): Record<string, number> {
    return Object.fromEntries([...this.#epochs].map(([epoch, { last }]) => [epoch, last]))
  }

  /** The offset of each epoch before which nothing is here. */
  begins(): Record<string, number> {
    return Object.fromEntries([...this.#epochs].map(([epoch, { dropped }]) => [epoch, dropped]))
  }

  /** The missing messages up to `offset` will not come: no reader can cross that gap. */
  skip(epoch: string, offset: number): void {
    this.begin(epoch, offset + 1)
    const known = this.#epochs.get(epoch) as Epoch
    if (offset <= known.last) return
    known.last = offset
    known.dropped = offset
  }

  /** The positions of a reader that is sent `next` now. */
  before(next: readonly RoomMessage[]): Positions {
    const positions = this.positions()
    for (const { epoch, offset } of next) {
      positions[epoch] = Math.min(positions[epoch] ?? offset, offset - 1)
    }
    return positions
  }

  /** The last offset of an epoch that is known; undefined when it never published here. */
  last(epoch: string): number | undefined {
    return this.#epochs.get(epoch)?.last
  }

  /** A publisher of which nothing before `next` is here. */
  begin(epoch: string, next: number): void {
    if (!this.#epochs.has(epoch)) this.#epochs.set(epoch, { last: next - 1, dropped: next - 1 })
  }

  /** The next message of its publisher; one out of turn leaves a gap that no reader can cross. */
  append(message: RoomMessage): void {
    this.begin(message.epoch, message.offset)
    const epoch = this.#epochs.get(message.epoch) as Epoch
    if (message.offset !== epoch.last + 1) epoch.dropped = message.offset - 1
    epoch.last = message.offset
    this.#messages.push(message)
    if (this.#messages.size <= this.#capacity) return
    const oldest = this.#messages.shift() as RoomMessage
    const owner = this.#epochs.get(oldest.epoch) as Epoch
    owner.dropped = Math.max(owner.dropped, oldest.offset)
  }

  /** What comes after the positions, in order. */
  since(positions: Positions): Missed {
    let complete = true
    for (const epoch of Object.keys(positions)) if (!this.#epochs.has(epoch)) complete = false
    for (const [name, epoch] of this.#epochs) {
      if ((positions[name] ?? 0) < epoch.dropped) complete = false
    }
    const messages: RoomMessage[] = []
    for (let i = 0; i < this.#messages.size; i++) {
      const message = this.#messages.at(i) as RoomMessage
      if (message.offset > (positions[message.epoch] ?? 0)) messages.push(message)
    }
    return { complete, messages }
  }

  /** The messages between two offsets of an epoch, both inclusive: all of them or none. */
  between(epoch: string, from: number, to: number): readonly RoomMessage[] {
    const found = this.all().filter(
      (message) => message.epoch === epoch && message.offset >= from && message.offset <= to,
    )
    return found.length === to - from + 1 ? found : []
  }

  all(): RoomMessage[] {
    return Array.from(
      { length: this.#messages.size },
      (_, i) => this.#messages.at(i) as RoomMessage,
    )
  }
}
