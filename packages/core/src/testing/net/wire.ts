import { BrokenError } from '../../errors.ts'
import type { ClockEntry } from '../../kernel/clock.ts'
import type { Line, Runtime, Waiter } from '../../kernel/records.ts'
import { RingBuffer } from '../../kernel/ring-buffer.ts'
import { wake, wakeWithError } from '../../kernel/suspend.ts'
import { WaitQueue } from '../../kernel/wait-queue.ts'

/** What happens to chunks on their way. */
export interface NetworkConditions {
  readonly latency: number
  readonly jitter: number
  readonly drop: number
  readonly split: boolean
}

interface Chunk<T> {
  readonly at: number
  readonly content: T | undefined
}

/**
 * One direction of a link: chunks under way, in order, and those who wait for them. A timer is set only
 * while somebody waits for a chunk that has not arrived.
 */
export class Wire<T> implements Line {
  readonly #runtime: Runtime
  readonly #conditions: NetworkConditions
  readonly #chunks = new RingBuffer<Chunk<T>>()
  readonly #readers = new WaitQueue<T | undefined>()
  #arrival: Arrival | undefined
  #lastAt = 0
  #held = false
  #ended = false
  #broken = false

  constructor(runtime: Runtime, conditions: NetworkConditions) {
    this.#runtime = runtime
    this.#conditions = conditions
  }

  add(reader: Waiter<T | undefined>): void {
    this.#readers.add(reader)
    this.#deliver()
  }

  remove(reader: Waiter<T | undefined>): void {
    this.#readers.remove(reader)
    if (this.#readers.size === 0) this.#disarm()
  }

  send(chunk: T): void {
    if (this.#broken) throw brokenLink()
    const { latency, jitter, drop, split } = this.#conditions
    const random = this.#runtime.random
    for (const content of split ? cut(chunk, random) : [chunk]) {
      if (drop > 0 && random() < drop) continue
      const delay = latency + (jitter > 0 ? jitter * random() : 0)
      this.#lastAt = Math.max(this.#lastAt, this.#now() + delay)
      this.#chunks.push({ at: this.#lastAt, content })
    }
    this.#deliver()
  }

  /** The last thing to arrive. */
  end(): void {
    this.#lastAt = Math.max(this.#lastAt, this.#now() + this.#conditions.latency)
    this.#chunks.push({ at: this.#lastAt, content: undefined })
    this.#deliver()
  }

  hold(): void {
    this.#held = true
    this.#disarm()
  }

  release(): void {
    this.#held = false
    this.#deliver()
  }

  break(): void {
    this.#broken = true
    this.#chunks.clear()
    this.abandon(brokenLink)
  }

  /** Turns away those who wait. */
  abandon(error: () => Error): void {
    for (const reader of this.#readers) wakeWithError(reader, error)
  }

  #now(): number {
    return this.#runtime.clock.now()
  }

  /** Hands out what has arrived, and sets the timer for what comes next. */
  #deliver(): void {
    this.#disarm()
    if (this.#broken) return this.abandon(brokenLink)
    while (this.#readers.first !== undefined && !this.#held) {
      const chunk = this.#chunks.at(0)
      if (this.#ended || chunk === undefined) {
        if (!this.#ended) return
        wake(this.#readers.first, undefined)
      } else if (chunk.at > this.#now()) {
        this.#arm(chunk.at)
        return
      } else {
        this.#chunks.shift()
        if (chunk.content === undefined) this.#ended = true
        wake(this.#readers.first, chunk.content)
      }
    }
  }

  #arm(at: number): void {
    this.#arrival = new Arrival(at, () => this.#deliver())
    this.#runtime.clock.add(this.#arrival)
  }

  #disarm(): void {
    if (this.#arrival !== undefined) this.#runtime.clock.remove(this.#arrival)
    this.#arrival = undefined
  }
}

class Arrival implements ClockEntry {
  slot = -1
  order = 0
  readonly kind = 'LinkEnd.read'
  readonly at: number
  readonly expire: () => void

  constructor(at: number, ring: () => void) {
    this.at = at
    this.expire = ring
  }
}

/** Cuts bytes or a string into one to four pieces; anything else stays whole. */
function cut<T>(chunk: T, random: () => number): T[] {
  if (!(chunk instanceof Uint8Array) && typeof chunk !== 'string') return [chunk]
  const pieces: T[] = []
  let rest: Uint8Array | string = chunk
  while (rest.length > 1 && pieces.length < 3 && random() < 0.6) {
    const at = 1 + Math.floor(random() * (rest.length - 1))
    pieces.push(rest.slice(0, at) as T)
    rest = rest.slice(at)
  }
  pieces.push(rest as T)
  return pieces
}

function brokenLink(): BrokenError {
  return new BrokenError('LinkEnd: the link is broken; make a new Link')
}
