import type { Outbox } from './outbox.ts'
import type { Lane } from './lane.ts'

/** A frame, and what decides about it when it must wait: shared by all its receivers. */
export interface QueuedFrame {
  readonly bytes: Buffer
  /** For a room that conflates. */
  readonly key: unknown
}

/**
 * What a room sends in one turn, as one buffer for all its members: open as long as it is the last item in every
 * member's queue, so that anything in between keeps its place.
 */
export class SharedBatch {
  readonly lane: Lane
  readonly frames: QueuedFrame[] = []
  open = true
  size = 0
  #bytes: Buffer | undefined
  #skips: Map<Outbox, Set<number>> | undefined

  constructor(lane: Lane) {
    this.lane = lane
  }

  add(frame: QueuedFrame, except: Outbox | undefined): void {
    if (except !== undefined) {
      this.#skips ??= new Map()
      const skipped = this.#skips.get(except)
      if (skipped === undefined) this.#skips.set(except, new Set([this.frames.length]))
      else skipped.add(this.frames.length)
    }
    this.frames.push(frame)
    this.size += frame.bytes.length
  }

  /** The frames for one member. */
  framesFor(outbox: Outbox): readonly QueuedFrame[] {
    const skipped = this.#skips?.get(outbox)
    return skipped === undefined ? this.frames : this.frames.filter((_, i) => !skipped.has(i))
  }

  /** All frames in one buffer, made once; undefined for a member that does not get all of them. */
  bytesFor(outbox: Outbox): Buffer | undefined {
    if (this.#skips?.has(outbox) === true) return undefined
    const [first] = this.frames
    if (this.frames.length === 1) return first?.bytes
    return (this.#bytes ??= Buffer.concat(
      this.frames.map(({ bytes }) => bytes),
      this.size,
    ))
  }
}
