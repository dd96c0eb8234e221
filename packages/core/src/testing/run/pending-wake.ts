import type { TaskRecord, Waiter } from '../../kernel/records.ts'

/**
 * A wake-up that waits to be let through. Its number tells it apart: the first of a run is 1. That of a
 * timer is held before it is granted: as long as the timer is late its wait may still be cancelled.
 */
export class PendingWake {
  readonly seq: number
  readonly waiter: Waiter<never>
  readonly task: TaskRecord | undefined
  readonly by: TaskRecord | undefined
  readonly since: number
  readonly heldAt: number
  #ring: (() => void) | undefined
  #pass: (() => void) | undefined
  /** How many steps the run had made when it was let through; -1 before that. */
  passedAt = -1
  /** How many others could have been let through instead. */
  rivals = 0
  /** When, in virtual time, it was let through. */
  time = 0
  /** Whether there was a timer that time could have moved on to. */
  timers = false
  /** How often it was overtaken, at one moment, by those who only give others a turn. */
  yieldedPast = 0
  /** Where in the user's code the wait was begun, in a run that looks. */
  place: string | undefined

  /**
   * @param since when, in virtual time
   * @param heldAt how many steps the run had made by then
   * @param by whose doing it was; undefined for time's
   */
  constructor(
    waiter: Waiter<never>,
    seq: number,
    since: number,
    heldAt: number,
    by: TaskRecord | undefined,
  ) {
    this.seq = seq
    this.waiter = waiter
    this.task = waiter.scope?.task
    this.since = since
    this.heldAt = heldAt
    this.by = by
  }

  /** `start` for a task's beginning, otherwise the call that waits. */
  get kind(): string {
    return this.waiter.kind
  }

  /** Whether its task does nothing but give others a turn. */
  get yields(): boolean {
    const { kind, since } = this.waiter
    return kind === 'checkpoint' || kind === 'pause' || (kind === 'sleep' && since === this.since)
  }

  /** Who wakes from what, such as `writer@Lock.acquire at 5 ms`: what must be the same when a run is repeated. */
  get signature(): string {
    return `${this.task?.name ?? '?'}@${this.kind} at ${this.time} ms`
  }

  /** Its timer has not rung yet. */
  get isDue(): boolean {
    return this.#ring !== undefined
  }

  /** The timer whose ringing it is, until it rings. */
  rings(ring: () => void): this {
    this.#ring = ring
    return this
  }

  /** Its outcome is decided: `pass` tells the one who waits. */
  decided(pass: () => void): this {
    this.#ring = undefined
    this.#pass = pass
    return this
  }

  /** Lets its timer ring, if it has not yet. */
  decide(): void {
    const ring = this.#ring
    this.#ring = undefined
    ring?.()
  }

  pass(): void {
    const pass = this.#pass
    this.#pass = undefined
    pass?.()
  }
}
