import type { Duplex } from 'node:stream'
import { Backlog } from './backlog.ts'
import type { Lane } from './lane.ts'
import { SharedBatch } from './shared-batch.ts'
import type { QueuedFrame } from './shared-batch.ts'
import { atTurnEnd } from './turn.ts'
import type { TurnJob } from './turn.ts'

/** How much is handed to the system at a time. */
const MAX_WRITE = 65_536
/** How many bytes of what was missed may be queued beside the limits. */
const MAX_REPLAYED = 16 << 20
const NOTHING = Buffer.alloc(0)

/** What an outbox tells its connection. */
export interface OutboxOwner {
  /** A room whose policy is 'disconnect' found the queue full. */
  onOverflow(): void
}

/** Waits for a queue to become shorter. */
export interface ProgressListener {
  onProgress(): void
}

/**
 * The outgoing side of one connection. What is sent in a turn leaves as one write at the end of the turn; when the
 * system accepts no more, it waits in the backlog.
 *
 *   send, room -> turn -> [ backlog ] -> in flight -> system
 */
export class Outbox implements TurnJob {
  readonly #stream: Duplex
  readonly #owner: OutboxOwner
  readonly #turn: (SharedBatch | QueuedFrame)[] = []
  /** The batch, if it is all there is in this turn: then no list is needed. */
  #only: SharedBatch | undefined
  #turnBytes = 0
  #backlog: Backlog | undefined
  #inFlight = 0
  /** At least so much of what is queued was sent again to a member that has come back. */
  #replayed = 0
  #replays: WeakSet<Lane> | undefined
  #closed = false
  #ending = false
  #waiting: Set<ProgressListener> | undefined
  #drained: (() => void) | undefined

  constructor(stream: Duplex, owner: OutboxOwner) {
    this.#stream = stream
    this.#owner = owner
  }

  /** What is queued and in flight, not what rooms have sent in this turn. */
  get bytes(): number {
    return this.#turnBytes + (this.#backlog?.bytes ?? 0) + this.#inFlight
  }

  /** What counts against limits: a member that has come back cannot help what it has missed. */
  get counted(): number {
    return this.bytes - this.#replayed
  }

  /** Frames that the policies of rooms have dropped. */
  get dropped(): number {
    return this.#backlog?.dropped ?? 0
  }

  /** Calls `listener` once, on the next progress. */
  tell(listener: ProgressListener): void {
    ;(this.#waiting ??= new Set()).add(listener)
  }

  /** A frame for this connection alone. */
  push(bytes: Buffer): void {
    if (this.#closed) return
    this.#add({ bytes, key: undefined })
    this.#turnBytes += bytes.length
    if (this.#turnBytes >= MAX_WRITE) this.endTurn()
  }

  /**
   * What a member of this lane has missed. It does not count the first time, and up to a limit over all lanes, so that joining
   * again, and one room after the other, is no way around limits.
   */
  replay(frames: readonly Buffer[], lane: Lane): void {
    const isFirst = this.#replays?.has(lane) !== true && this.#replayed < MAX_REPLAYED
    if (frames.length > 0) (this.#replays ??= new WeakSet()).add(lane)
    for (const frame of frames) {
      if (isFirst) this.#replayed += frame.length
      this.push(frame)
    }
  }

  /** Like `push`, for an answer of which only the latest counts while queued. */
  replacePong(bytes: Buffer): void {
    if (this.#closed) return
    if (this.#inFlight === 0) this.push(bytes)
    else (this.#backlog ??= new Backlog()).setPong({ bytes, key: undefined })
  }

  /** What a room sends in this turn: the lane ends the turn of its members. */
  pushBatch(batch: SharedBatch): void {
    if (this.#closed) return
    if (this.#only === undefined && this.#turn.length === 0) this.#only = batch
    else this.#add(batch)
  }

  #add(item: SharedBatch | QueuedFrame): void {
    const turn = this.#turn
    if (this.#only !== undefined) turn.push(this.#only)
    this.#only = undefined
    const last = turn[turn.length - 1]
    if (last instanceof SharedBatch) last.open = false
    if (turn.push(item) <= 2) atTurnEnd(this)
  }

  /** The last frame; what is queued is sent before it, or dropped. */
  finish(close: Buffer, drop: boolean): void {
    if (this.#closed) return
    if (drop) this.#drop()
    this.push(close)
    this.#closed = true
    this.endTurn()
  }

  /** Ends the stream when all has been sent. */
  end(): void {
    this.#ending = true
    this.endTurn()
    if (this.#inFlight === 0) this.#stream.end()
  }

  /** The connection is gone. */
  discard(): void {
    this.#closed = true
    this.#drop()
    this.#progress()
  }

  #progress(): void {
    const waiting = this.#waiting
    if (waiting === undefined) return
    this.#waiting = undefined
    for (const listener of waiting) listener.onProgress()
  }

  #drop(): void {
    this.#clearTurn()
    this.#backlog?.clear()
  }

  endTurn(): void {
    const only = this.#only
    if (only !== undefined) this.#sendOnly(only)
    else if (this.#turn.length > 0) this.#sendTurn(this.#turn)
    else return
    if (this.#waiting !== undefined) this.#progress()
  }

  #sendOnly(batch: SharedBatch): void {
    this.#only = undefined
    batch.open = false
    const whole = this.#inFlight > 0 ? undefined : batch.bytesFor(this)
    if (whole !== undefined) this.#write(whole)
    else this.#sendTurn([batch])
  }

  #sendTurn(turn: readonly (SharedBatch | QueuedFrame)[]): void {
    if (this.#inFlight > 0) this.#queue(turn)
    else this.#write(this.#join(turn))
    this.#clearTurn()
  }

  #clearTurn(): void {
    if (this.#only !== undefined) this.#only.open = false
    this.#only = undefined
    for (const item of this.#turn) if (item instanceof SharedBatch) item.open = false
    this.#turn.length = 0
    this.#turnBytes = 0
  }

  /** A single buffer; the room's own if that is all there is. */
  #join(turn: readonly (SharedBatch | QueuedFrame)[]): Buffer {
    const parts: Buffer[] = []
    for (const item of turn) {
      const whole = item instanceof SharedBatch ? item.bytesFor(this) : item.bytes
      if (whole !== undefined) parts.push(whole)
      else for (const { bytes } of (item as SharedBatch).framesFor(this)) parts.push(bytes)
    }
    return parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts)
  }

  #queue(turn: readonly (SharedBatch | QueuedFrame)[]): void {
    const backlog = (this.#backlog ??= new Backlog())
    for (const item of turn) {
      if (!(item instanceof SharedBatch)) {
        backlog.push(item)
        continue
      }
      for (const frame of item.framesFor(this)) {
        if (backlog.admit(frame, item.lane, this.#inFlight - this.#replayed)) continue
        this.#owner.onOverflow()
        return
      }
    }
  }

  /** Sends what is queued, until the system accepts no more. */
  #send(backlog: Backlog): void {
    while (this.#inFlight === 0 && !this.#stream.destroyed) {
      const frames = backlog.take(MAX_WRITE)
      if (frames.length === 0) return
      this.#write(frames.length === 1 ? (frames[0] as Buffer) : Buffer.concat(frames))
    }
  }

  #write(bytes: Buffer): void {
    if (bytes.length === 0) return
    const stream = this.#stream
    stream.write(bytes)
    if (stream.writableLength === 0) {
      this.#onTaken(bytes.length)
      return
    }
    this.#inFlight = bytes.length
    this.#drained ??= () => this.#onDrained()
    stream.write(NOTHING, this.#drained) // its turn comes when the system has taken all before it
  }

  #onTaken(bytes: number): void {
    this.#replayed = Math.max(0, this.#replayed - bytes)
  }

  #onDrained(): void {
    this.#onTaken(this.#inFlight)
    this.#inFlight = 0
    if (this.#backlog !== undefined) this.#send(this.#backlog)
    if (this.#ending && this.#inFlight === 0) this.#stream.end()
    this.#progress()
  }
}
