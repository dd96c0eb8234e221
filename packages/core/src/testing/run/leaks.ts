import { owners } from '../../diagnostics/owners.ts'
import type { Owned } from '../../diagnostics/owners.ts'
import type { TaskRecord, Waiter } from '../../kernel/records.ts'
import type { VirtualClock } from './virtual-clock.ts'

/** Collects what a run leaves behind: tasks, waits, what is still held, timers. */
export class Leaks {
  readonly #clock: VirtualClock
  readonly #found: string[] = []
  readonly #held = new Map<Owned, string>()

  constructor(clock: VirtualClock) {
    this.#clock = clock
  }

  /** Looks at a waiter that is being woken: nobody awaits one whose scope has ended. */
  see(waiter: Waiter<never>): void {
    const { kind, resource, scope } = waiter
    if (resource !== undefined && owners in resource) this.#held.set(resource as Owned, kind)
    if (waiter.state !== 'cancelled' || scope?.cancelledBy?.closed !== true) return
    const name = scope.task?.name ?? 'the program'
    this.#found.push(`wait    ${kind} in ${name}, which nobody awaited when its scope ended`)
  }

  /** A task that was still there when main had returned. */
  addTask(task: TaskRecord, waits: readonly string[]): void {
    const where = waits.length === 0 ? task.status : `waits for ${waits.join(' and ')}`
    this.#found.push(`task    ${task.name}, ${where}, when main had returned`)
  }

  /** One line for each, when all has ended. */
  list(): string[] {
    const held: string[] = []
    for (const [resource, kind] of this.#held) {
      const names = resource[owners]().map((task) => task.name)
      if (names.length > 0) held.push(`held    ${kind}, by ${names.join(', ')}`)
    }
    const timers = this.#clock.pending.map((timer) => {
      const what = (timer as { kind?: unknown }).kind ?? timer.constructor.name
      return `timer   ${String(what)}, due in ${timer.at - this.#clock.now()} ms`
    })
    return [...this.#found, ...held, ...timers]
  }
}
