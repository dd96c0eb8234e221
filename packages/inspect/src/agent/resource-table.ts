import type { ResourceRow } from './reading.ts'

/** What is known of a resource. */
export interface Known {
  /** Its place in the rows; -1 when it tells nothing. */
  readonly index: number
  readonly holders: readonly number[]
  readonly holdersUnknown: boolean
}

/** The resources of a reading, each asked once. */
export interface ResourceTable {
  readonly rows: ResourceRow[]
  /** Refs of those for whom somebody waits. */
  readonly responsible: Set<number>
  of(resource: object, copy: number): Known
  rename(resource: object, name: string): void
}

export interface ResourceTableParts {
  readonly cutName: (name: string) => string
}

/** Makes a table of resources. Its source is sent to other processes: it names nothing outside. */
export function resourceTable(parts: ResourceTableParts): ResourceTable {
  const most = 1000
  const perCopy = 1e10
  const statsKey = Symbol.for('corral.stats')
  const ownersKey = Symbol.for('corral.owners')
  const rows: ResourceRow[] = []
  const responsible = new Set<number>()
  const known = new Map<object, Known>()

  function rowOf(
    stats: Record<string, unknown>,
    holders: readonly number[],
    holdersUnknown: boolean,
  ): ResourceRow {
    const number = (key: string): number | undefined => {
      const value = stats[key]
      return typeof value === 'number' && Number.isFinite(value) ? value : undefined
    }
    const text = (key: string): string | undefined => {
      const value = stats[key]
      return typeof value === 'string' ? parts.cutName(value) : undefined
    }
    return {
      type: text('type') ?? 'resource',
      name: text('name'),
      size: number('size'),
      capacity: number('capacity'),
      held: number('held'),
      waiting: number('waiting'),
      waitingToPut: number('waitingToPut'),
      waitingToTake: number('waitingToTake'),
      state: text('state'),
      holdersUnknown,
      holders: holders.slice(0, 20),
      holderCount: holders.length,
    }
  }

  function of(resource: object, copy: number): Known {
    const before = known.get(resource)
    if (before !== undefined) return before
    let stats: Record<string, unknown> | undefined
    let owners: readonly { readonly id: number }[] = []
    try {
      const record = resource as Record<symbol, (() => unknown) | undefined>
      stats = record[statsKey]?.() as Record<string, unknown> | undefined
      owners = (record[ownersKey]?.() as typeof owners | undefined) ?? []
    } catch {
      // What cannot tell is not known.
    }
    const holders = owners.map(({ id }) => copy * perCopy + id)
    for (const ref of holders) responsible.add(ref)
    const holdersUnknown = stats?.['holdersUnknown'] === true
    const index =
      stats !== undefined && rows.length < most
        ? rows.push(rowOf(stats, holders, holdersUnknown)) - 1
        : -1
    const found: Known = { index, holders, holdersUnknown }
    known.set(resource, found)
    return found
  }

  function rename(resource: object, name: string): void {
    const { index } = of(resource, 0)
    const row = rows[index]
    if (row !== undefined) rows[index] = { ...row, name: parts.cutName(name) }
  }

  return { rows, responsible, of, rename }
}
