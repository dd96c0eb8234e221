import type { Waiter } from '../../kernel/records.ts'

/** What waits are called in reports: the call, and which resource where there are several of a kind. */
export class WaitLabels {
  readonly #numbers = new Map<object, number>()
  readonly #counts = new Map<string, number>()

  /** @param waiters all waits that are to be told apart, in order */
  constructor(waiters: readonly Waiter<never>[]) {
    for (const { kind, resource } of waiters) {
      if (resource === undefined || this.#numbers.has(resource)) continue
      const family = familyOf(kind)
      const number = (this.#counts.get(family) ?? 0) + 1
      this.#counts.set(family, number)
      this.#numbers.set(resource, number)
    }
  }

  of({ kind, resource }: Waiter<never>): string {
    if (kind === 'start') return 'starts'
    if (resource !== undefined && 'name' in resource && typeof resource.name === 'string') {
      const { name } = resource
      if (name === kind) return kind
      return kind === 'Task' ? `await ${name}` : `${kind} ${name}`
    }
    if (resource === undefined || kind === 'TaskGroup.join') return kind
    if ((this.#counts.get(familyOf(kind)) ?? 0) < 2) return kind
    return `${kind} #${this.#numbers.get(resource)}`
  }
}

/** `Lock` of `Lock.acquire`: several calls may wait on one resource. */
function familyOf(kind: string): string {
  return kind.split('.')[0] ?? kind
}
