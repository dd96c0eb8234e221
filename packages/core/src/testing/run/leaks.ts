import { owners } from '../../diagnostics/owners.ts'
import type { Owned } from '../../diagnostics/owners.ts'
import type { TaskRecord, Waiter } from '../../kernel/records.ts'
import type { Places } from './places.ts'
import type { VirtualClock } from './virtual-clock.ts'
import { VirtualTimer } from './virtual-timers.ts'

/** So many are listed; of more only how many they are is told. */
const MOST = 50

/** Collects what a run leaves behind: tasks, waits, what is still held, timers. */
export class Leaks {
  readonly #clock: VirtualClock
  readonly #places: Places | undefined
  readonly #found: string[] = []
  #more = 0
  readonly #held = new Map<Owned, string>()

  constructor(clock: VirtualClock, places: Places | undefined) {
    this.#clock = clock
    this.#places = places
  }

  /** Looks at a waiter that is being woken: nobody awaits one whose scope has ended. */
  see(waiter: Waiter<never>): void {
    const { kind, resource, scope } = waiter
    if (resource !== undefined && owners in resource) this.#held.set(resource as Owned, kind)
    if (waiter.state !== 'cancelled' || scope?.cancelledBy?.closed !== true) return
    const name = scope.task?.name ?? 'the program'
    const what = `wait    ${kind} in ${name}, which nobody awaited when its scope ended`
    this.#add(what, this.#places?.ofWait(waiter))
  }

  /** A task that was still there when main had returned. */
  addTask(task: TaskRecord, waits: readonly string[]): void {
    const where = waits.length === 0 ? task.status : `waits for ${waits.join(' and ')}`
    const what = `task    ${task.name}, ${where}, when main had returned`
    this.#add(what, this.#places?.ofTask(task))
  }

  #add(what: string, place: string | undefined): void {
    if (this.#found.length >= MOST) this.#more += 1
    else this.#found.push(place === undefined ? what : `${what} (${place})`)
  }

  /** One line for each, when all has ended. */
  list(): string[] {
    for (const [resource, kind] of this.#held) {
      const names = resource[owners]().map((task) => task.name)
      if (names.length > 0) this.#add(`held    ${kind}, by ${names.join(', ')}`, undefined)
    }
    for (const timer of this.#clock.pending) {
      const isPlatform = timer instanceof VirtualTimer
      if (isPlatform && (!timer.pending || timer.kind === 'setImmediate')) continue
      const what = (timer as { kind?: unknown }).kind ?? timer.constructor.name
      const place = isPlatform ? this.#places?.ofWait(timer.waiter) : undefined
      this.#add(`timer   ${String(what)}, due in ${timer.at - this.#clock.now()} ms`, place)
    }
    return this.#more === 0 ? this.#found : [...this.#found, `... ${this.#more} more`]
  }
}
