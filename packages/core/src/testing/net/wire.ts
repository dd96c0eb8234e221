import { BrokenError } from '../../errors.ts'
import type { ClockEntry } from '../../kernel/clock.ts'
import { Heap } from '../../kernel/heap.ts'
import type { Slotted } from '../../kernel/heap.ts'
import type { Line, Runtime, Waiter } from '../../kernel/records.ts'
import { wake, wakeWithError } from '../../kernel/suspend.ts'
import { WaitQueue } from '../../kernel/wait-queue.ts'
import type { Fault } from './fault.ts'

/** What happens to chunks on their way: by chance, or where explore wants it. */
export interface NetworkConditions {
  readonly latency: number
  readonly jitter: number
  readonly drop: number
  readonly duplicate: number
  readonly reorder: number
  readonly split: boolean
  /** For how long a direction is cut, and a process is dead, in milliseconds. */
  readonly partition: number
  readonly crash: number
}

interface Chunk<T> extends Slotted {
  readonly at: number
  readonly number: number
  /** Undefined is the end. */
  readonly content: T | undefined
}

/**
 * One direction of a link: chunks under way, earliest arrival first, and those who wait for them. A timer is
 * set only while somebody waits for a chunk that has not arrived.
 */
export class Wire<T> implements Line {
  readonly #runtime: Runtime
  readonly #conditions: NetworkConditions
  readonly #chunks = new Heap<Chunk<T>>(
    (a, b) => a.at < b.at || (a.at === b.at && a.number < b.number),
  )
  readonly #readers = new WaitQueue<T | undefined>()
  #arrival: Arrival | undefined
  #lastAt = 0
  #count = 0
  #held = false
  #ended = false
  #broken = false
  /** Until then the process at the other end is gone: what is sent gets lost. */
  #nobodyUntil = -Infinity

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

  /** What explore may let go wrong with each chunk. */
  get faults(): Fault['kind'][] {
    const { drop, duplicate, reorder, partition, crash } = this.#conditions
    const all: [number, Fault['kind']][] = [
      [drop, 'l'],
      [duplicate, 'm'],
      [reorder, 'r'],
      [partition, 'p'],
      [crash, 'k'],
    ]
    return all.flatMap(([amount, kind]) => (amount > 0 ? [kind] : []))
  }

  /** How long a process is gone that explore lets die. */
  get deadFor(): number {
    return this.#conditions.crash
  }

  /** @param fault what goes wrong with it, where that is not for chance to say */
  send(chunk: T, fault?: Fault['kind'] | 'none'): void {
    if (this.#broken) throw brokenLink()
    const { drop, duplicate, reorder, split, partition } = this.#conditions
    const goesWrong = (kind: Fault['kind'], chance: number): boolean =>
      fault === undefined ? this.#happens(chance) : fault === kind
    if (fault === 'p') this.#lastAt = Math.max(this.#lastAt, this.#now() + partition)
    const { random } = this.#runtime
    const heldUp = (): number => (goesWrong('r', reorder) ? (fault === 'r' ? 1 : random()) : 0)
    for (const content of split ? cut(chunk, random) : [chunk]) {
      if (this.#now() < this.#nobodyUntil || goesWrong('l', drop)) continue
      this.#push(content, heldUp())
      if (goesWrong('m', duplicate)) this.#push(content, heldUp())
    }
    this.#deliver()
  }

  /** The last thing to arrive. */
  end(): void {
    if (this.#now() < this.#nobodyUntil) return
    this.#lastAt = Math.max(this.#lastAt, this.#now() + this.#conditions.latency)
    this.#add(this.#lastAt, undefined)
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
    this.#clear()
    this.abandon(brokenLink)
  }

  /** Its reader is gone, and with it what is under way; until somebody is there again: the moment, or -Infinity for now. */
  loseReader(until: number, error: () => Error): void {
    this.#nobodyUntil = until
    this.#clear()
    if (until > this.#now()) this.abandon(error)
  }

  /** Turns away those who wait. */
  abandon(error: () => Error): void {
    for (const reader of this.#readers) wakeWithError(reader, error)
  }

  /** @param heldUp by how much of the time that it takes anyway: what is sent meanwhile overtakes it */
  #push(content: T, heldUp: number): void {
    const { latency, jitter } = this.#conditions
    const { random } = this.#runtime
    const delay = latency + (jitter > 0 ? jitter * random() : 0)
    if (heldUp > 0) {
      this.#add(this.#now() + delay + Math.max(1, latency + jitter) * heldUp, content)
      return
    }
    this.#lastAt = Math.max(this.#lastAt, this.#now() + delay)
    this.#add(this.#lastAt, content)
  }

  #add(at: number, content: T | undefined): void {
    this.#chunks.push({ at, number: this.#count++, content, slot: -1 })
  }

  #happens(chance: number): boolean {
    return chance > 0 && this.#runtime.random() < chance
  }

  #clear(): void {
    while (this.#chunks.shift() !== undefined);
  }

  #now(): number {
    return this.#runtime.clock.now()
  }

  /** Hands out what has arrived, and sets the timer for what comes next. */
  #deliver(): void {
    this.#disarm()
    if (this.#broken) return this.abandon(brokenLink)
    while (this.#readers.first !== undefined && !this.#held) {
      const chunk = this.#chunks.peek()
      if (this.#ended || chunk === undefined) {
        if (!this.#ended) return
        wake(this.#readers.first, undefined)
      } else if (chunk.at > this.#now()) {
        this.#arm(chunk.at, this.#readers.first)
        return
      } else {
        this.#chunks.shift()
        if (chunk.content === undefined) this.#ended = true
        wake(this.#readers.first, chunk.content)
      }
    }
  }

  #arm(at: number, waiter: Waiter<never>): void {
    this.#arrival = new Arrival(at, waiter, () => this.#deliver())
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
  /** Who gets it: as long as the arrival is late it may give up. */
  readonly waiter: Waiter<never>
  readonly expire: () => void

  constructor(at: number, waiter: Waiter<never>, ring: () => void) {
    this.at = at
    this.waiter = waiter
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
