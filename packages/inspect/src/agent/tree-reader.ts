import type { ScopeNode, TaskRecord, Waiter } from 'corral/lowlevel'
import type { Group } from './group-table.ts'
import type { Instance, ReaderHost, TreeReader, TreeReaderParts } from './reader-host.ts'
import type { CopyRow, TaskRow, WaitRow } from './reading.ts'

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
  const perCopy = 1e10

  /** A task on the way, with what its inner scopes add to it. */
  interface Place {
    readonly ref: number | undefined
    parent: number | undefined
    readonly record: TaskRecord | undefined
    readonly group: Group | undefined
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
  const copies: { -readonly [K in keyof CopyRow]: CopyRow[K] }[] = []
  const groups = parts.groupTable(parts)
  const resources = parts.resourceTable(parts)
  const { responsible } = resources
  const rows: TaskRow[] = []
  const listed = new Set<number>()
  const scopes = new Map<number, ScopeNode>()
  const frames: Frame[] = []
  let tasks = 0
  let cost = 0
  let longestSlice = 0
  let instances: readonly Instance[] | undefined
  let nextInstance = 0
  let extras: number[] | undefined
  let at = 0

  function childrenOf(node: ScopeNode): ScopeNode[] {
    const children: ScopeNode[] = []
    for (let child = node.firstChild; child !== undefined; child = child.next) children.push(child)
    return children
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
      const about = resources.of(resource, copy)
      index = about.index
      holders = about.holders
      holdersUnknown = about.holdersUnknown
    }
    if (place.waits !== undefined && place.waits.length < 100) {
      place.waits.push({
        kind,
        resource: index,
        since,
        heldBy: holders.slice(0, 1000),
        holdersUnknown,
      })
    }
    if (place.ref !== undefined) group?.note(kind, index, since, place.ref)
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
      const group = groups.of(into.group, record.name, into.copy, ref)
      place = {
        ref,
        parent: into.ref,
        record,
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
      name: parts.cutName(record.name),
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
      for (const row of groups.rows()) extras.push(...row.waits.map(({ task }) => task), row.task)
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
      parent: undefined,
      record,
      group: undefined,
      copy,
      deadline: Infinity,
      waitCount: 0,
      children: 0,
      waits: [],
    }
    const known = responsible.size
    const inside = parts.insideOf(scope, 2 * most, (waiter) => note(waiter, place))
    if (inside.parent !== undefined) place.parent = copy * perCopy + inside.parent
    place.deadline = inside.deadline
    place.children = inside.children
    list(place)
    if (responsible.size > known) extras.push(...[...responsible].slice(known))
    for (const id of inside.awaited) extras.push(copy * perCopy + id)
    return true
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
    if (!more) for (const [name, resource] of host.watched()) resources.rename(resource, name)
    const took = host.now() - start
    cost += took
    longestSlice = Math.max(longestSlice, took)
    return !more
  }

  return {
    step,
    scopeOf: (ref) => scopes.get(ref),
    result: () => ({
      at,
      tasks,
      copies,
      groups: groups.rows(),
      resources: resources.rows,
      rows,
      cost,
      longestSlice,
    }),
  }
}
