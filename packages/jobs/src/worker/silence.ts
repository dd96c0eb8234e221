import type { WorkerView } from '../store/records.ts'

/** What one round counts at the most, in milliseconds: more has passed when this process did not look. */
const mostCounted = 1000

interface Seen {
  readonly beats: number
  /** How long they have not changed. */
  readonly silent: number
}

/**
 * Who is dead, judged by what this process has seen: a worker whose `beats` have not changed for as long as its patience.
 * Only durations of one steady clock are added up, while the store answers: it does not matter what time any machine
 * believes it is, nor that nobody could beat while the store was away.
 */
export class Silence {
  readonly #now: () => number
  #begunAt = -Infinity
  #elapsed = 0
  #before = new Map<string, Seen>()
  #seen = new Map<string, Seen>()
  /** When to look again, in milliseconds: one that is silent may be dead by then. `Infinity` when none is. */
  next: number = Infinity

  /** @param now a clock that never jumps, in milliseconds */
  constructor(now: () => number) {
    this.#now = now
  }

  /** A round begins: each worker is asked about once, and who is not is forgotten. */
  begin(): void {
    const now = this.#now()
    this.#elapsed = Math.min(now - this.#begunAt, mostCounted)
    this.#begunAt = now
    this.#before = this.#seen
    this.#seen = new Map()
    this.next = Infinity
  }

  isDead({ id, beats, patience }: WorkerView): boolean {
    const before = this.#before.get(id)
    const silent = before?.beats === beats ? before.silent + this.#elapsed : 0
    this.#seen.set(id, { beats, silent })
    if (silent >= patience) return true
    if (silent > 0) this.next = Math.min(this.next, Math.ceil(patience - silent), mostCounted)
    return false
  }
}
