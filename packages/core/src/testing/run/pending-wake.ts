import type { TaskRecord, Waiter } from '../../kernel/records.ts'

/** A wake-up that waits to be let through. Its number tells it apart: the first of a run is 1. */
export class PendingWake {
  readonly seq: number
  readonly waiter: Waiter<never>
  readonly task: TaskRecord | undefined
  #pass: (() => void) | undefined
  /** Whose doing it was; undefined for time's. */
  readonly by: TaskRecord | undefined
  /** How many steps the run had made when it was held, and when it was let through; -1 before that. */
  readonly heldAt: number
  passedAt = -1
  /** How many others could have been let through instead. */
  rivals = 0
  /** When, in virtual time, it was let through. */
  time = 0
  /** Whether there was a timer that time could have moved on to. */
  timers = false

  constructor(
    seq: number,
    waiter: Waiter<never>,
    pass: () => void,
    heldAt: number,
    by: TaskRecord | undefined,
  ) {
    this.seq = seq
    this.waiter = waiter
    this.#pass = pass
    this.task = waiter.scope?.task
    this.heldAt = heldAt
    this.by = by
  }

  /** `start` for a task's beginning, otherwise the call that waits. */
  get kind(): string {
    return this.waiter.kind
  }

  /** Who wakes from what, such as `writer@Lock.acquire at 5 ms`: what must be the same when a run is repeated. */
  get signature(): string {
    return `${this.task?.name ?? '?'}@${this.kind} at ${this.time} ms`
  }

  pass(): void {
    this.#pass?.()
    this.#pass = undefined
  }
}
