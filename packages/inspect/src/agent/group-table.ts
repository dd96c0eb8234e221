import type { GroupRow, GroupWait } from './reading.ts'

/** Tasks with one stem below the same group. */
export interface Group {
  readonly row: { -readonly [K in keyof GroupRow]: GroupRow[K] }
  readonly index: number
  readonly depth: number
  readonly below: Map<string, Group>
  /** Notes a wait of a task of the group. */
  note(kind: string, resource: number, since: number, task: number): void
}

/** The groups of a reading. */
export interface GroupTable {
  readonly rows: () => GroupRow[]
  of(above: Group | undefined, name: string, copy: number, ref: number): Group
}

export interface GroupTableParts {
  readonly nameStem: (name: string) => string
}

/**
 * Makes a table of groups. It is bounded: what does not fit is counted in a group of others, what is nested too deep in the group
 * around it. Its source is sent to other processes: it names nothing outside.
 */
export function groupTable(parts: GroupTableParts): GroupTable {
  const most = 2000
  const mostWaits = 20
  const deepest = 40
  const groups: Group[] = []
  const tops = new Map<string, Group>()
  const stems = new Map<string, string>()

  function stemOf(name: string): string {
    let stem = stems.get(name)
    if (stem === undefined) {
      stem = parts.nameStem(name)
      if (stems.size < 1000) stems.set(name, stem)
    }
    return stem
  }

  function note(
    waits: { -readonly [K in keyof GroupWait]: GroupWait[K] }[],
    kind: string,
    resource: number,
    since: number,
    task: number,
  ): void {
    let place = resource
    let wait = waits.find((each) => each.kind === kind && each.resource === place)
    if (wait === undefined && waits.length >= mostWaits) {
      place = -1
      wait = waits.find((each) => each.kind === kind && each.resource === -1)
    }
    if (wait === undefined) {
      if (waits.length >= 2 * mostWaits) return
      wait = { kind, resource: place, count: 0, since, task }
      waits.push(wait)
    }
    wait.count++
    if (since >= wait.since) return
    wait.since = since
    wait.task = task
  }

  function of(above: Group | undefined, name: string, copy: number, ref: number): Group {
    const siblings = above === undefined ? tops : above.below
    const stem = stemOf(name)
    let key = above === undefined ? `${copy} ${stem}` : stem
    const known = siblings.get(key)
    if (known !== undefined) return known
    if (above !== undefined && above.depth >= deepest) return above
    const full = groups.length >= most
    if (full) {
      key = ''
      const others = siblings.get(key)
      if (others !== undefined) return others
      if (above !== undefined && groups.length >= 2 * most) return above
    }
    const waits: GroupWait[] = []
    const group: Group = {
      row: {
        parent: above?.index ?? -1,
        stem: full ? '(others)' : stem,
        copy,
        count: 0,
        running: 0,
        pending: 0,
        cancelling: 0,
        task: ref,
        name: name.length > 200 ? `${name.slice(0, 199)}…` : name,
        deadline: undefined,
        waits,
      },
      index: groups.length,
      depth: (above?.depth ?? 0) + 1,
      below: new Map(),
      note: (kind, resource, since, task) => note(waits, kind, resource, since, task),
    }
    groups.push(group)
    siblings.set(key, group)
    return group
  }

  return { of, rows: () => groups.map(({ row }) => row) }
}
