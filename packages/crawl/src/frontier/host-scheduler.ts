import { DueHeap } from './due-heap.ts'

export interface HostSchedulerOptions {
  /** Requests at a time, over all hosts. */
  readonly limit: number
  /** Requests at a time to one host. */
  readonly limitPerHost: number
  /** Milliseconds from the start of one request to a host to the start of the next one, at least. */
  readonly delay: number
  /** How much is added to the delay at most, as a part of it; drawn anew for every request. */
  readonly jitter?: number
  /** What is other for a host. */
  readonly settingsOf?: (host: string) => { readonly limit?: number; readonly delay?: number }
  /** From 0 to 1, for the jitter. */
  readonly random: () => number
}

/**
 * What to do next. `start` and `open` take a place at once: `ended` or `opened` gives it back. `open` asks for the
 * host's robots.txt before anything else of it is fetched. `full` waits for a place, `wait` for a time, `idle` for work.
 */
export type ScheduleStep<T> =
  | { readonly kind: 'start'; readonly host: string; readonly item: T }
  | { readonly kind: 'open'; readonly host: string }
  | { readonly kind: 'full' }
  | { readonly kind: 'wait'; readonly until: number }
  | { readonly kind: 'idle' }

interface Host<T> {
  readonly key: string
  readonly items: T[]
  gate: 'closed' | 'opening' | 'open'
  inFlight: number
  readonly limit: number
  /** What it is asked with, whatever its robots.txt says. */
  readonly ownDelay: number
  /** Items in the heap, to be tried again. */
  retries: number
  /** No request starts before. */
  nextStart: number
  /** Milliseconds that this is after the last one. */
  gap: number
  delay: number
  /** What is asked for beyond that, for now. */
  slowedTo: number
  /** Whether it stands in line to start, or in the heap for its time. */
  place: 'none' | 'ready' | 'waiting'
}

/**
 * Decides which request may start, on plain data: no clock, no timer, no promise. Hosts take turns, one request each,
 * so that many URLs of one host keep no other waiting.
 *
 *     add ---> ready (in turn) ---> start ---> ended
 *                ^    |
 *                |    v  too early
 *              waiting (by time) <--- retry
 *
 * A host without work or with all its places taken stands nowhere, and is put in line by what changes that.
 * Every step is O(log hosts).
 */
export class HostScheduler<T> {
  readonly #options: HostSchedulerOptions
  readonly #hosts = new Map<string, Host<T>>()
  #ready: Host<T>[] = []
  #readyHead = 0
  readonly #waiting = new DueHeap<{
    readonly host: Host<T>
    readonly retry?: { readonly item: T }
  }>()
  #inFlight = 0
  #size = 0
  #pruneAt = 1024

  constructor(options: HostSchedulerOptions) {
    this.#options = options
  }

  /** Requests that have started and not ended, robots.txt included. */
  get inFlight(): number {
    return this.#inFlight
  }

  /** Items that have not started, those to be tried again included. */
  get size(): number {
    return this.#size
  }

  add(host: string, item: T): void {
    this.#size++
    const found = this.#host(host)
    found.items.push(item)
    this.#line(found)
  }

  next(now: number): ScheduleStep<T> {
    this.#wakeDue(now)
    if (this.#inFlight >= this.#options.limit) return { kind: 'full' }
    for (let host = this.#shiftReady(); host !== undefined; host = this.#shiftReady()) {
      if (host.items.length === 0 || host.inFlight >= host.limit) continue
      if (host.nextStart > now) {
        host.place = 'waiting'
        this.#waiting.add(host.nextStart, { host })
        continue
      }
      return this.#start(host, now)
    }
    if (this.#waiting.size > 0) return { kind: 'wait', until: this.#waiting.nextAt }
    return this.#inFlight > 0 ? { kind: 'full' } : { kind: 'idle' }
  }

  /** A request that was let go is on its way only now: the next one keeps its distance from that. */
  begun(host: string, now: number): void {
    const found = this.#host(host)
    found.nextStart = Math.max(found.nextStart, now + found.gap)
  }

  /** The request of a `start` is over. */
  ended(host: string): void {
    const found = this.#host(host)
    found.inFlight--
    this.#inFlight--
    this.#line(found)
  }

  /** The robots.txt of an `open` has been read. */
  opened(host: string, now: number, delay = 0): void {
    const found = this.#host(host)
    found.gate = 'open'
    found.delay = Math.max(delay, found.ownDelay)
    found.nextStart = Math.max(found.nextStart, now + this.#gap(found))
    this.ended(host)
  }

  /** What the robots.txt of a host said counts no longer: it is asked for again before anything else starts. */
  close(host: string): void {
    const found = this.#host(host)
    if (found.gate === 'open') found.gate = 'closed'
  }

  /** Puts an item that has ended back, to be started again at a time or later, before what else its host has. */
  retry(host: string, item: T, at: number): void {
    this.#size++
    const found = this.#host(host)
    found.retries++
    this.#waiting.add(at, { host: found, retry: { item } })
  }

  /** Lets so many milliseconds be between the starts of a host's requests, or as many as it has anyway. */
  slow(host: string, delay: number): void {
    this.#host(host).slowedTo = delay
  }

  /** Starts nothing more of a host before a time. */
  pause(host: string, until: number): void {
    const found = this.#host(host)
    found.nextStart = Math.max(found.nextStart, until)
  }

  /** How a host is asked: milliseconds between two starts, at most, and from now before which there is none. */
  paceOf(
    host: string,
    now: number,
  ): { readonly delay: number; readonly pause: number } | undefined {
    const found = this.#hosts.get(host)
    if (found === undefined) return undefined
    const { jitter = 0 } = this.#options
    const delay = Math.max(found.delay, found.slowedTo) * (1 + jitter)
    return { delay, pause: Math.max(0, found.nextStart - now) }
  }

  #start(host: Host<T>, now: number): ScheduleStep<T> {
    host.inFlight++
    this.#inFlight++
    host.gap = this.#gap(host)
    host.nextStart = now + host.gap
    if (host.gate === 'closed') {
      host.gate = 'opening'
      return { kind: 'open', host: host.key }
    }
    const item = host.items.shift() as T
    this.#size--
    this.#line(host)
    return { kind: 'start', host: host.key, item }
  }

  #gap(host: Host<T>): number {
    const { jitter = 0, random } = this.#options
    const delay = Math.max(host.delay, host.slowedTo)
    return delay === 0 ? 0 : delay * (1 + jitter * random())
  }

  /** Puts a host in line if it has work and a place; whether it is too early shows when its turn comes. */
  #line(host: Host<T>): void {
    if (host.place !== 'none' || host.gate === 'opening') return
    if (host.items.length === 0 || host.inFlight >= host.limit) return
    host.place = 'ready'
    this.#ready.push(host)
  }

  #shiftReady(): Host<T> | undefined {
    const host = this.#ready[this.#readyHead]
    if (host === undefined) {
      this.#ready = []
      this.#readyHead = 0
      return undefined
    }
    this.#readyHead++
    if (this.#readyHead > 512 && this.#readyHead * 2 > this.#ready.length) {
      this.#ready = this.#ready.slice(this.#readyHead)
      this.#readyHead = 0
    }
    host.place = 'none'
    return host
  }

  #wakeDue(now: number): void {
    for (let due = this.#waiting.takeDue(now); due; due = this.#waiting.takeDue(now)) {
      const { host, retry } = due
      if (retry === undefined) {
        host.place = 'none'
      } else {
        host.retries--
        host.items.unshift(retry.item)
      }
      this.#line(host)
    }
    if (this.#hosts.size > this.#pruneAt) this.#prune(now)
  }

  #host(key: string): Host<T> {
    let host = this.#hosts.get(key)
    if (host === undefined) {
      const { limitPerHost, settingsOf } = this.#options
      const { delay = this.#options.delay, limit = limitPerHost } = settingsOf?.(key) ?? {}
      host = {
        key,
        items: [],
        gate: 'closed',
        inFlight: 0,
        limit,
        ownDelay: delay,
        retries: 0,
        nextStart: -Infinity,
        gap: 0,
        delay,
        slowedTo: 0,
        place: 'none',
      }
      this.#hosts.set(key, host)
    }
    return host
  }

  /** Forgets hosts that have nothing to do and no time to keep; one that comes back asks for its robots.txt again. */
  #prune(now: number): void {
    for (const [key, host] of this.#hosts) {
      const busy = host.items.length + host.inFlight + host.retries > 0 || host.place !== 'none'
      if (!busy && host.nextStart <= now) this.#hosts.delete(key)
    }
    this.#pruneAt = Math.max(1024, this.#hosts.size * 2)
  }
}
