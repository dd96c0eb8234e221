import type { PendingWake } from '../run/pending-wake.ts'

/**
 * What waits are called in reports: the call, and which resource where there are several of a kind; those without
 * one, such as sleeps, are told apart by their line where that is known.
 */
export class WaitLabels {
  readonly #numbers = new Map<object, number>()
  readonly #counts = new Map<string, number>()
  readonly #places = new Map<string, Set<string>>()

  /** @param wakes all that are to be told apart, in order */
  constructor(wakes: readonly PendingWake[]) {
    for (const { kind, place, waiter } of wakes) {
      if (place !== undefined && kind !== 'start') this.#placesOf(kind).add(place)
      const { resource } = waiter
      if (resource === undefined || this.#numbers.has(resource)) continue
      const family = familyOf(kind)
      const number = (this.#counts.get(family) ?? 0) + 1
      this.#counts.set(family, number)
      this.#numbers.set(resource, number)
    }
  }

  of({ kind, place, waiter: { resource } }: PendingWake): string {
    if (kind === 'start') return 'starts'
    if (resource !== undefined && 'name' in resource && typeof resource.name === 'string') {
      const { name } = resource
      if (name === kind) return kind
      return kind === 'Task' ? `await ${name}` : `${kind} ${name}`
    }
    if (kind === 'TaskGroup.join') return kind
    if (resource === undefined || isPlatformTimer(kind)) {
      const line = /:\d+$/.exec(place ?? '')?.[0]
      return line !== undefined && this.#placesOf(kind).size > 1 ? `${kind} (${line})` : kind
    }
    if ((this.#counts.get(familyOf(kind)) ?? 0) < 2) return kind
    return `${kind} (${ordinal(this.#numbers.get(resource) ?? 0)})`
  }

  /** Each call with the lines in which it is made. */
  get places(): readonly (readonly [kind: string, places: readonly string[]])[] {
    return [...this.#places].map(([kind, places]) => [kind, [...places]])
  }

  #placesOf(kind: string): Set<string> {
    const known = this.#places.get(kind) ?? new Set()
    this.#places.set(kind, known)
    return known
  }
}

function isPlatformTimer(kind: string): boolean {
  return /^(?:set(?:Timeout|Interval|Immediate)|AbortSignal)/.test(kind)
}

function ordinal(n: number): string {
  const tens = n % 100
  const ending = tens > 10 && tens < 14 ? 'th' : (['th', 'st', 'nd', 'rd'][n % 10] ?? 'th')
  return `${n}${ending}`
}

/** `Lock` of `Lock.acquire`: several calls may wait on one resource. */
function familyOf(kind: string): string {
  return kind.split('.')[0] ?? kind
}
