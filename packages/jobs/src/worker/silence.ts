import type { WorkerView } from '../store/records.ts'

/**
 * Who is dead, judged by what this process has seen: a worker whose `beats` have not changed for as long as its patience.
 * Only durations of one steady clock are compared, so that it does not matter what time any machine believes it is.
 */
export class Silence {
  readonly #now: () => number
  #seen = new Map<string, { readonly beats: number; readonly since: number }>()
  #next = new Map<string, { readonly beats: number; readonly since: number }>()

  /** @param now a clock that never jumps, in milliseconds */
  constructor(now: () => number) {
    this.#now = now
  }

  /** To be asked of every worker in each round; a round begins with `begin`. */
  isDead({ id, beats, patience }: WorkerView): boolean {
    const now = this.#now()
    const seen = this.#seen.get(id)
    const entry = seen?.beats === beats ? seen : { beats, since: now }
    this.#next.set(id, entry)
    return now - entry.since >= patience
  }

  /** Forgets who was not asked about in the last round. */
  begin(): void {
    this.#seen = this.#next
    this.#next = new Map()
  }
}
