import type { ScopeNode, TaskRecord, Waiter } from 'corral/lowlevel'

/** What was taken out of a tap: events as numbers, four each, and the names that they mention for the first time. */
export interface Tapped {
  /** Kind, microseconds since `origin`, task, about: as `EventRing` has them. */
  readonly events: readonly number[]
  /** Milliseconds since the epoch. */
  readonly origin: number
  readonly names: readonly (readonly [id: number, name: string])[]
  /** Events that were not taken out in time. */
  readonly lost: number
}

/** The events of the kernel, kept until they are taken out. */
export interface EventTap {
  readonly hooks: object
  take(most: number): Tapped
}

/**
 * Keeps the events of the kernel until a client takes them out. It is bounded: of a client that is too slow events are lost,
 * and counted. Its source is sent to other processes: it names nothing outside.
 */
export function eventTap(size: number): EventTap {
  const mostNames = 50_000
  const ids = new Map<string, number>()
  let fresh: [number, string][] = []
  let events: number[] = []
  let lost = 0
  let origin = 0

  function idOf(name: string): number {
    const short = name.length > 64 ? `${name.slice(0, 63)}…` : name
    let id = ids.get(short)
    if (id === undefined) {
      if (ids.size >= mostNames) return 0
      id = ids.size + 1
      ids.set(short, id)
      fresh.push([id, short])
    }
    return id
  }

  function add(kind: number, scope: ScopeNode, task: number, about: number): void {
    if (events.length >= 4 * size) {
      lost++
      return
    }
    const now = scope.runtime.clock.now()
    if (origin === 0) origin = now
    events.push(kind, Math.round((now - origin) * 1000), task, about)
  }

  const statsKey = Symbol.for('corral.stats')

  function waitName({ kind, resource }: Waiter<never>): string {
    try {
      const told = (
        resource as Record<symbol, (() => { name?: unknown }) | undefined> | undefined
      )?.[statsKey]?.()
      return typeof told?.name === 'string' ? `${kind} ${told.name}` : kind
    } catch {
      return kind
    }
  }

  const hooks = {
    taskSpawned({ id, scope }: TaskRecord): void {
      add(0, scope, id, scope.parent?.task?.id ?? 0)
    },
    taskStarted({ id, scope, name }: TaskRecord): void {
      add(1, scope, id, idOf(name))
    },
    taskEnded({ id, scope, name, status }: TaskRecord): void {
      add(status === 'fulfilled' ? 2 : status === 'rejected' ? 3 : 4, scope, id, idOf(name))
    },
    waiting(waiter: Waiter<never>): void {
      const { scope } = waiter
      if (scope !== undefined) add(5, scope, scope.task?.id ?? 0, idOf(waitName(waiter)))
    },
    woken(waiter: Waiter<never>): void {
      const { scope } = waiter
      if (scope === undefined) return
      const kind = waiter.state === 'cancelled' ? 7 : 6
      add(kind, scope, scope.task?.id ?? 0, idOf(waitName(waiter)))
    },
  }

  return {
    hooks,
    take(most) {
      const taken = events.length <= 4 * most ? events : events.slice(0, 4 * most)
      events = events.length <= 4 * most ? [] : events.slice(4 * most)
      const told = { events: taken, origin, names: fresh, lost }
      fresh = []
      lost = 0
      return told
    },
  }
}
