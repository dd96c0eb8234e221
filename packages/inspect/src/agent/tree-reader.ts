import type { ScopeNode, TaskRecord, Waiter } from 'corral/lowlevel'
import type { CopyRow, GroupRow, Reading, ResourceRow, TaskRow, WaitRow } from './reading.ts'

/** One entry of the registry that each copy of corral keeps. */
export interface Instance {
  readonly protocol: number
  readonly root: ScopeNode
  readonly current: () => ScopeNode
  readonly instrument: (hooks: object) => () => void
}

export interface TreeReaderParts {
  readonly nameStem: (name: string) => string
}

/** Reads the task tree in slices. */
export interface TreeReader {
  /** Goes on for about so many milliseconds. False while there is more. */
  step(budget: number): boolean
  result(): Reading
  /** The scope of a task that was seen. */
  scopeOf(ref: number): ScopeNode | undefined
}

/** What a reader asks of the process it is in. */
export interface ReaderHost {
  readonly instances: () => readonly Instance[]
  readonly now: () => number
  /** Resources that have a name for reports, whether anybody waits or not. */
  readonly watched: () => readonly (readonly [name: string, resource: object])[]
}

/**
 * Makes a reader of the task tree. Its source is sent to other processes: it names nothing outside.
 *
 * The tree may change between two slices. The children of a node are listed at once, and one that has ended meanwhile is
 * left out, so that nothing is read twice and nothing that lives is missed but what was spawned meanwhile.
 *
 * @param most how many tasks are listed one by one; the others are counted in groups only
 */
export function treeReader(parts: TreeReaderParts, host: ReaderHost, most: number): TreeReader {
  const mostGroups = 2000
  const mostResources = 1000
  const mostWaits = 20
  const deepest = 40
  const perCopy = 1e10
  const statsKey = Symbol.for('corral.stats')
  const ownersKey = Symbol.for('corral.owners')

  type Group = { -readonly [K in keyof GroupRow]: GroupRow[K] }
  interface GroupState {
    readonly row: Group
    readonly index: number
    readonly depth: number
    readonly below: Map<string, GroupState>
    readonly waits: { kind: string; resource: number; count: number; since: number; task: number }[]
  }
  /** A task on the way, with what its inner scopes add to it. */
  interface Place {
    readonly ref: number | undefined
    readonly parent: number | undefined
    readonly record: TaskRecord | undefined
    readonly scope: ScopeNode
    readonly group: GroupState | undefined
    readonly copy: number
    deadline: number
    waitCount: number
    children: number
    waits: WaitRow[] | undefined
  }
  interface Frame {
    readonly nodes: readonly ScopeNode[]
    at: number
    readonly into: Place
    readonly deadline: number
  }
  interface Known {
    readonly index: number
    readonly holders: readonly number[]
    readonly holdersUnknown: boolean
  }

  const copies: { -readonly [K in keyof CopyRow]: CopyRow[K] }[] = []
  const groups: GroupState[] = []
  const tops = new Map<string, GroupState>()
  const resources: ResourceRow[] = []
  const known = new Map<object, Known>()
  const rows: TaskRow[] = []
  const listed = new Set<number>()
  const responsible = new Set<number>()
  const scopes = new Map<number, ScopeNode>()
  const stems = new Map<string, string>()
  const frames: Frame[] = []
  let tasks = 0
  let cost = 0
  let longestSlice = 0
  let instances: readonly Instance[] | undefined
  let nextInstance = 0
  let extras: number[] | undefined
  let at = 0

  function cut(name: string): string {
    return name.length > 200 ? `${name.slice(0, 199)}…` : name
  }

  function stemOf(name: string): string {
    let stem = stems.get(name)
    if (stem === undefined) {
      stem = parts.nameStem(name)
      if (stems.size < 1000) stems.set(name, stem)
    }
    return stem
  }

  function childrenOf(node: ScopeNode): ScopeNode[] {
    const children: ScopeNode[] = []
    for (let child = node.firstChild; child !== undefined; child = child.next) children.push(child)
    return children
  }

  function groupOf(above: GroupState | undefined, name: string, copy: number, ref: number) {
    const stem = stemOf(name)
    const siblings = above === undefined ? tops : above.below
    const key = above === undefined ? `${copy} ${stem}` : stem
    let group = siblings.get(key)
    if (group !== undefined) return group
    if (above !== undefined && above.depth >= deepest) return above
    const full = groups.length >= mostGroups
    if (full) {
      group = siblings.get('')
      if (group !== undefined) return group
    }
    const row: Group = {
      parent: above?.index ?? -1,
      stem: full ? '(others)' : stem,
      copy,
      count: 0,
      running: 0,
      pending: 0,
      cancelling: 0,
      task: ref,
      name: cut(name),
      deadline: undefined,
      waits: [],
    }
    group = {
      row,
      index: groups.length,
      depth: (above?.depth ?? 0) + 1,
      below: new Map(),
      waits: [],
    }
    row.waits = group.waits
    groups.push(group)
    siblings.set(full ? '' : key, group)
    return group
  }

  function knownOf(resource: object, copy: number): Known {
    let found = known.get(resource)
    if (found !== undefined) return found
    let stats: Record<string, unknown> | undefined
    let owners: readonly { id: number }[] = []
    try {
      const record = resource as Record<symbol, (() => unknown) | undefined>
      stats = record[statsKey]?.() as Record<string, unknown> | undefined
      owners = (record[ownersKey]?.() as readonly { id: number }[] | undefined) ?? []
    } catch {
      // What cannot tell is not known.
    }
    const holders = owners.map(({ id }) => copy * perCopy + id)
    const holdersUnknown = stats?.['holdersUnknown'] === true
    for (const ref of holders) responsible.add(ref)
    let index = -1
    if (stats !== undefined && resources.length < mostResources) {
      const number = (key: string): number | undefined => {
        const value = stats[key]
        return typeof value === 'number' ? value : undefined
      }
      const text = (key: string): string | undefined => {
        const value = stats[key]
        return typeof value === 'string' ? cut(value) : undefined
      }
      index =
        resources.push({
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
        }) - 1
    }
    found = { index, holders, holdersUnknown }
    known.set(resource, found)
    return found
  }

  /** Notes a wait of a task, in its group and, if it is listed, in its row. */
  function note(waiter: Waiter<never>, place: Place): void {
    const { kind, resource, since } = waiter
    const { copy, group } = place
    place.waitCount++
    let index = -1
    let holders: readonly number[] = []
    let holdersUnknown = false
    if (kind === 'Task' || kind === 'Task.settled') {
      const { id } = (resource ?? {}) as { id?: unknown }
      if (typeof id === 'number') {
        holders = [copy * perCopy + id]
        responsible.add(copy * perCopy + id)
      }
    } else if (resource !== undefined) {
      const about = knownOf(resource, copy)
      index = about.index
      holders = about.holders
      holdersUnknown = about.holdersUnknown
    }
    if (place.waits !== undefined && place.waits.length < 100) {
      place.waits.push({ kind, resource: index, since, heldBy: holders.slice(0, 1000), holdersUnknown })
    }
    if (group === undefined || place.ref === undefined) return
    let all = group.waits.find((each) => each.kind === kind && each.resource === index)
    if (all === undefined) {
      if (group.waits.length >= mostWaits) {
        index = -1
        all = group.waits.find((each) => each.kind === kind && each.resource === -1)
      }
      if (all === undefined && group.waits.length < 2 * mostWaits) {
        all = { kind, resource: index, count: 0, since, task: place.ref }
        group.waits.push(all)
      }
      if (all === undefined) return
    }
    all.count++
    if (since < all.since) {
      all.since = since
      all.task = place.ref
    }
  }

  function enter(node: ScopeNode, frame: Frame): void {
    const { into, deadline: around } = frame
    const own = node.deadlineTimer?.at ?? Infinity
    let deadline = node.shield ? own : Math.min(own, around)
    if (node.cancelledBy !== undefined) deadline = -Infinity
    let place = into
    const record = node.task
    const isTask = record !== undefined && record.scope === node
    if (isTask) {
      tasks++
      into.children++
      const copy = copies[into.copy]
      if (copy !== undefined) copy.tasks++
      const ref = into.copy * perCopy + record.id
      const group = groupOf(into.group, record.name, into.copy, ref)
      place = {
        ref,
        parent: into.ref,
        record,
        scope: node,
        group,
        copy: into.copy,
        deadline,
        waitCount: 0,
        children: 0,
        waits: rows.length < most ? [] : undefined,
      }
      if (place.waits !== undefined) list(place)
      scopes.set(ref, node)
    } else if (own < place.deadline) {
      place.deadline = own
    }
    for (let waiter = node.firstWaiter; waiter !== undefined; waiter = waiter.scopeNext) {
      note(waiter, place)
    }
    if (node.firstChild !== undefined) {
      const nodes = childrenOf(node)
      // What is inside of a task belongs to it; it is complete when the frame is left.
      frames.push({ nodes, at: 0, into: place, deadline })
    } else if (isTask) {
      leave(place)
    }
  }

  /** A place in the rows, filled while its inner scopes are read. */
  function list(place: Place): void {
    const { ref, parent, record, waits } = place
    if (ref === undefined || record === undefined || waits === undefined) return
    listed.add(ref)
    rows.push({
      ref,
      parent,
      name: cut(record.name),
      status: record.status,
      get deadline() {
        if (place.deadline === Infinity) return undefined
        return place.deadline === -Infinity ? 0 : place.deadline
      },
      get children() {
        return place.children
      },
      waits,
    })
  }

  function leave(place: Place): void {
    const { group, record, deadline, waitCount } = place
    if (group === undefined || record === undefined) return
    const { row } = group
    row.count++
    const { status } = record
    if (status === 'pending') row.pending++
    else if (status === 'cancelling') row.cancelling++
    else if (waitCount === 0) row.running++
    if (deadline !== Infinity) {
      row.deadline = Math.min(row.deadline ?? Infinity, Math.max(0, deadline))
    }
  }

  function nextCopy(): boolean {
    instances ??= host.instances()
    const instance = instances[nextInstance++]
    if (instance === undefined) return false
    const { protocol } = instance
    const readable = protocol === 2 && instance.root?.runtime !== undefined
    const copy = copies.push({ protocol, readable, tasks: 0 }) - 1
    if (!readable) return true
    if (copy === 0 || at === 0) at = instance.root.runtime.clock.now()
    frames.push({
      nodes: childrenOf(instance.root),
      at: 0,
      into: {
        ref: undefined,
        parent: undefined,
        record: undefined,
        scope: instance.root,
        group: undefined,
        copy,
        deadline: Infinity,
        waitCount: 0,
        children: 0,
        waits: undefined,
      },
      deadline: Infinity,
    })
    return true
  }

  /** Lists, beyond the first ones, the longest waiters of groups, who is held responsible, and whom these wait for. */
  function nextExtra(): boolean {
    if (extras === undefined) {
      extras = []
      for (const group of groups) {
        for (const { task } of group.waits) extras.push(task)
        extras.push(group.row.task)
      }
      for (const ref of responsible) extras.push(ref)
    }
    const ref = extras.pop()
    if (ref === undefined || rows.length >= 2 * most + mostGroups) return false
    if (listed.has(ref)) return true
    const scope = scopes.get(ref)
    const record = scope?.task
    if (scope === undefined || record === undefined || scope.closed) return true
    const copy = Math.floor(ref / perCopy)
    const place: Place = {
      ref,
      parent: parentOf(scope, copy),
      record,
      scope,
      group: undefined,
      copy,
      deadline: deadlineOf(scope),
      waitCount: 0,
      children: 0,
      waits: [],
    }
    list(place)
    inside(scope, place, extras)
    return true
  }

  function parentOf(scope: ScopeNode, copy: number): number | undefined {
    const above = scope.parent?.task
    return above === undefined ? undefined : copy * perCopy + above.id
  }

  function deadlineOf(scope: ScopeNode): number {
    if (scope.cancelledBy !== undefined) return -Infinity
    let earliest = Infinity
    for (let node: ScopeNode | undefined = scope; node !== undefined; node = node.parent) {
      earliest = Math.min(earliest, node.deadlineTimer?.at ?? Infinity)
      if (node.shield) break
    }
    return earliest
  }

  /** The waits of a task in its scopes. Whom a join waits for are its children. */
  function inside(scope: ScopeNode, place: Place, more: number[]): void {
    const open: ScopeNode[] = [scope]
    let joins = false
    for (let node = open.pop(); node !== undefined; node = open.pop()) {
      if (node.deadlineTimer !== undefined) {
        place.deadline = Math.min(place.deadline, node.deadlineTimer.at)
      }
      for (let waiter = node.firstWaiter; waiter !== undefined; waiter = waiter.scopeNext) {
        const before = responsible.size
        note(waiter, place)
        joins ||= waiter.kind === 'TaskGroup.join'
        if (responsible.size > before) more.push(...[...responsible].slice(before))
      }
      for (let child = node.firstChild; child !== undefined; child = child.next) {
        const { task } = child
        if (task === undefined || task.scope !== child) open.push(child)
        else {
          place.children++
          if (joins && more.length < 4 * most) more.push(place.copy * perCopy + task.id)
        }
      }
    }
  }

  function step(budget: number): boolean {
    const start = host.now()
    let n = 0
    let more = true
    while (more) {
      const frame = frames.at(-1)
      if (frame !== undefined) {
        const node = frame.nodes[frame.at++]
        if (node === undefined) {
          frames.pop()
          // The frame of a task's own scope, not of one inside of it.
          const above = frames.at(-1)
          if (above === undefined || above.into !== frame.into) leave(frame.into)
        } else if (!node.closed) {
          enter(node, frame)
        }
      } else if (!nextCopy() && !nextExtra()) {
        more = false
      }
      if ((++n & 63) === 0 && host.now() - start >= budget) break
    }
    if (!more) watch()
    const took = host.now() - start
    cost += took
    longestSlice = Math.max(longestSlice, took)
    return !more
  }

  function watch(): void {
    for (const [name, resource] of host.watched()) {
      const { index } = knownOf(resource, 0)
      const row = resources[index]
      if (row !== undefined) resources[index] = { ...row, name: cut(name) }
    }
  }

  return {
    step,
    scopeOf: (ref) => scopes.get(ref),
    result: () => ({
      at,
      tasks,
      copies,
      groups: groups.map(({ row }) => row),
      resources,
      rows,
      cost,
      longestSlice,
    }),
  }
}
