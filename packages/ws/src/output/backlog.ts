import { RingBuffer } from 'corral/lowlevel'
import type { Lane } from './lane.ts'
import type { QueuedFrame } from './shared-batch.ts'

/** A queued frame, linked to its neighbours. */
interface Entry {
  frame: QueuedFrame
  readonly lane: Lane | undefined
  next: Entry | undefined
  prev: Entry | undefined
}

/** The queued frames of a lane: oldest first, and by key where it conflates. */
class LaneEntries {
  readonly line = new RingBuffer<Entry>()
  readonly byKey = new Map<unknown, Entry>()
}

/**
 * The frames queued for a connection whose peer is behind, in order; decides what happens to one more. Bytes are shared
 * with the other members of the room, so it costs only the queue.
 */
export class Backlog {
  #first: Entry | undefined
  #last: Entry | undefined
  readonly #lanes = new Map<Lane, LaneEntries>()
  #pong: Entry | undefined
  size = 0
  bytes = 0
  /** Number of frames dropped or replaced. */
  dropped = 0

  /** A frame of the connection itself: the sender has checked for room. */
  push(frame: QueuedFrame): void {
    this.#append(frame, undefined)
  }

  /** The answer to the last ping: it replaces the one before it. */
  setPong(frame: QueuedFrame): void {
    const pong = this.#pong
    if (pong === undefined) {
      this.#append(frame, undefined)
      this.#pong = this.#last
      return
    }
    this.bytes += frame.bytes.length - pong.frame.bytes.length
    pong.frame = frame
  }

  /**
   * A frame of a room, as its policy says. False when the member must be disconnected.
   *
   * @param beside bytes that count as well: handed to the system already, or fewer where some here do not count
   */
  admit(frame: QueuedFrame, lane: Lane, beside: number): boolean {
    const { slow, queueBytes } = lane
    const { length } = frame.bytes
    if (typeof slow === 'object' && this.#replace(frame, lane)) return true
    if (this.bytes + beside + length > queueBytes) {
      if (slow === 'disconnect') return false
      if (slow !== 'wait') this.#makeRoom(lane, queueBytes - beside - length)
    }
    this.#append(frame, lane)
    return true
  }

  /** Takes the oldest frames: at least one, and no more than fit in `max` bytes. */
  take(max: number): Buffer[] {
    const taken: Buffer[] = []
    let bytes = 0
    while (this.#first !== undefined) {
      const { frame } = this.#first
      bytes += frame.bytes.length
      if (taken.length > 0 && bytes > max) break
      taken.push(frame.bytes)
      this.#remove(this.#first)
    }
    return taken
  }

  clear(): void {
    this.dropped += this.size
    this.#first = undefined
    this.#last = undefined
    this.#lanes.clear()
    this.#pong = undefined
    this.size = 0
    this.bytes = 0
  }

  /** The newer frame takes the place of the older one with its key. */
  #replace(frame: QueuedFrame, lane: Lane): boolean {
    const entry = this.#lanes.get(lane)?.byKey.get(frame.key)
    if (entry === undefined) return false
    this.bytes += frame.bytes.length - entry.frame.bytes.length
    entry.frame = frame
    this.dropped += 1
    return true
  }

  #makeRoom(lane: Lane, bytes: number): void {
    const line = this.#lanes.get(lane)?.line
    for (let oldest = line?.at(0); oldest !== undefined; oldest = line?.at(0)) {
      if (this.bytes <= bytes) return
      this.#remove(oldest)
      this.dropped += 1
    }
  }

  #append(frame: QueuedFrame, lane: Lane | undefined): void {
    const entry: Entry = { frame, lane, next: undefined, prev: this.#last }
    if (this.#last === undefined) this.#first = entry
    else this.#last.next = entry
    this.#last = entry
    this.size += 1
    this.bytes += frame.bytes.length
    if (lane === undefined) return
    let entries = this.#lanes.get(lane)
    if (entries === undefined) this.#lanes.set(lane, (entries = new LaneEntries()))
    entries.line.push(entry)
    if (typeof lane.slow === 'object') entries.byKey.set(frame.key, entry)
  }

  /** It is the oldest of its lane: a lane has the order of the queue. */
  #remove(entry: Entry): void {
    const { frame, lane, next, prev } = entry
    if (prev === undefined) this.#first = next
    else prev.next = next
    if (next === undefined) this.#last = prev
    else next.prev = prev
    this.size -= 1
    this.bytes -= frame.bytes.length
    if (entry === this.#pong) this.#pong = undefined
    if (lane === undefined) return
    const entries = this.#lanes.get(lane) as LaneEntries
    entries.line.shift()
    if (typeof lane.slow === 'object') entries.byKey.delete(frame.key)
    if (entries.line.size === 0) this.#lanes.delete(lane)
  }
}
