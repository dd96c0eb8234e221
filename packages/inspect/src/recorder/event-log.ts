import { instrument, nameOf, snapshot } from 'corral/lowlevel'
import type { Hooks, Runtime, ScopeNode, TaskRecord, Waiter } from 'corral/lowlevel'
import { currentRoot } from '../tree.ts'
import { EventKind, EventRing, MOST } from './event-ring.ts'
import { NameTable } from './name-table.ts'
import { traceOf, waitName } from './trace.ts'
import type { Trace } from './trace.ts'

/** How many names are known at a time, and the bits that takes: a wait has two, what it is and on what. */
const NAMES = 1000
const NAME_BITS = 12

/** The events of the program it is made in, from then on until it is disposed. A test run is a program of its own. */
export class EventLog implements Disposable {
  readonly ring: EventRing
  readonly #names: NameTable
  readonly #root: ScopeNode
  readonly #stop: () => void

  /** @param events how many are kept, rounded up to a power of two */
  constructor(events: number) {
    this.ring = new EventRing(2 ** Math.ceil(Math.log2(events)))
    this.#names = new NameTable(NAMES, this.ring.size)
    this.#root = currentRoot()
    this.#stop = instrument(hooksOf(this.ring, this.#names, this.#root.runtime))
  }

  /** What the ring holds, as tracks of tasks. */
  trace(): Trace {
    const names = this.#names
    return traceOf(
      this.ring,
      {
        taskName: (about) => names.nameOf(about),
        waitName(about) {
          const resource = about >>> NAME_BITS
          const kind = names.nameOf(about & (2 ** NAME_BITS - 1))
          return waitName(kind, resource === 0 ? undefined : names.nameOf(resource))
        },
      },
      snapshot(this.#root),
      this.#root.runtime.clock.now(),
    )
  }

  [Symbol.dispose](): void {
    this.#stop()
  }
}

function hooksOf(ring: EventRing, names: NameTable, runtime: Runtime): Hooks {
  const { clock } = runtime
  let last = clock.now()
  /** How many events there were when the latest task had ended: its joiners are woken at once, at the same time. */
  let endedAt = -1
  const task = (kind: EventKind, { id, name, scope }: TaskRecord): void => {
    if (scope.runtime !== runtime) return
    last = clock.now()
    ring.add(kind, last, id, names.idOf(name, ring.count))
  }
  const wait = (kind: EventKind, waiter: Waiter<never>, time: number): void => {
    const { scope, resource } = waiter
    let about = names.idOf(waiter.kind, ring.count)
    const name = resource && nameOf(resource)
    if (name !== undefined) about |= names.idOf(name, ring.count) << NAME_BITS
    ring.add(kind, time, scope?.task?.id ?? 0, about)
  }
  return {
    taskSpawned({ id, scope }) {
      if (scope.runtime !== runtime) return
      // Only whose child it is matters, not when: the clock costs as much as the rest.
      ring.add(EventKind.taskSpawned, last, id, (scope.parent?.task?.id ?? 0) & MOST)
    },
    taskStarted: (record) => task(EventKind.taskStarted, record),
    taskEnded(record) {
      if (record.scope.runtime !== runtime) return
      const { status } = record
      if (status === 'fulfilled') task(EventKind.taskFulfilled, record)
      else task(status === 'rejected' ? EventKind.taskRejected : EventKind.taskCancelled, record)
      endedAt = ring.count
    },
    waiting(waiter) {
      if (waiter.scope?.runtime !== runtime) return
      // It has looked at the clock already, though perhaps a little while ago.
      if (waiter.since > last) last = waiter.since
      wait(EventKind.waiting, waiter, last)
    },
    woken(waiter) {
      if (waiter.scope?.runtime !== runtime) return
      const joins = waiter.kind === 'Task' && waiter.state !== 'cancelled'
      if (ring.count !== endedAt || !joins) last = clock.now()
      wait(waiter.state === 'cancelled' ? EventKind.cancelled : EventKind.granted, waiter, last)
    },
  }
}
