import type { ScopeNode, Waiter } from 'corral/lowlevel'
import type { Instance, ReaderHost, TreeReader, TreeReaderParts } from './reader-host.ts'
import type { Frame, Place } from './place.ts'
import type { CopyRow, TaskRow } from './reading.ts'

/**
 * Makes a reader of the task tree. Its source is sent to other processes: it names nothing outside.
 *
 * The tree may change between two slices. The children of a node are listed some at a time; what has ended meanwhile is left
 * out, no task is read twice, and none that lives is missed but what was spawned meanwhile.
 *
 * @param most how many tasks are listed one by one; the others are counted in groups only
 */
export function treeReader(parts: TreeReaderParts, host: ReaderHost, most: number): TreeReader {
  const mostGroups = 2000
  const perCopy = 1e10
  /** How many children are listed at a time. */
  const perList = 1000
  /** A large map grows in one long step, many small ones in as many short ones. */
  const shards = 256

  const copies: { -readonly [K in keyof CopyRow]: CopyRow[K] }[] = []
  /** By copy: the id from which on tasks are too young to be read. */
  const newest: number[] = []
  const groups = parts.groupTable(parts)
  const resources = parts.resourceTable(parts)
  const { responsible } = resources
  const rows: TaskRow[] = []
  const listed = new Set<number>()
  const scopes = Array.from({ length: shards }, () => new Map<number, ScopeNode>())
  const entered = new Set<ScopeNode>()
  const frames: Frame[] = []
  let tasks = 0
  let cost = 0
  let longestSlice = 0
  let instances: readonly Instance[] | undefined
  let nextInstance = 0
  let extras: number[] | undefined
  let at = 0
  /** How much was read. */
  let n = 0

  const shardOf = (ref: number): Map<number, ScopeNode> =>
    scopes[ref % shards] as Map<number, ScopeNode>
  const scopeOf = (ref: number): ScopeNode | undefined => shardOf(ref).get(ref)

  function read(node: ScopeNode, into: Place, deadline: number): void {
    frames.push({ node, listed: [], at: 0, into, deadline })
  }

  function listNext(frame: Frame): boolean {
    const { node, listed, into } = frame
    frame.listed = parts.nextChildren(node, listed, newest[into.copy] as number, perList)
    frame.at = 0
    n += frame.listed.length / 16 // to list takes time, too
    return frame.listed.length > 0
  }

  function placeOf(
    about: Pick<Place, 'ref' | 'record' | 'group' | 'copy'> & Partial<Place>,
  ): Place {
    return {
      parent: undefined,
      deadline: Infinity,
      waitCount: 0,
      children: 0,
      row: undefined,
      waits: undefined,
      ...about,
    }
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
        heldBy: holders.length > 1000 ? holders.slice(0, 1000) : holders,
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
      const ref = into.copy * perCopy + record.id
      if (scopeOf(ref) === node) return
      tasks++
      into.children++
      const copy = copies[into.copy]
      if (copy !== undefined) copy.tasks++
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
        row: undefined,
        waits: rows.length < most ? [] : undefined,
      }
      if (place.waits !== undefined) list(place)
      shardOf(ref).set(ref, node)
    } else if (entered.has(node)) {
      return
    } else if (own < place.deadline) {
      place.deadline = own
    }
    // Where not all were listed at once, the list may have to be begun again.
    if (!isTask && frame.listed.length === perList) entered.add(node)
    for (let waiter = node.firstWaiter; waiter !== undefined; waiter = waiter.scopeNext) {
      note(waiter, place)
    }
    if (node.firstChild !== undefined) {
      // What is inside of a task belongs to it; it is complete when the frame is left.
      read(node, place, deadline)
    } else if (isTask) {
      leave(place)
    }
  }

  /** Gives it a row, filled while its inner scopes are read. */
  function list(place: Place): void {
    const { ref, parent, record, waits } = place
    if (ref === undefined || record === undefined || waits === undefined) return
    listed.add(ref)
    const name = parts.cutName(record.name)
    const { status } = record
    place.row = { ref, parent, name, status, deadline: undefined, children: 0, waits }
    rows.push(place.row)
  }

  function complete({ row, deadline, children }: Place): void {
    if (row === undefined) return
    row.children = children
    if (deadline !== Infinity) row.deadline = Math.max(0, deadline)
  }

  function leave(place: Place): void {
    complete(place)
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
    newest[copy] = instance.root.runtime.nextId()
    if (copy === 0 || at === 0) at = instance.root.runtime.clock.now()
    const into = placeOf({ ref: undefined, record: undefined, group: undefined, copy })
    read(instance.root, into, Infinity)
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
    const scope = scopeOf(ref)
    const record = scope?.task
    if (scope === undefined || record === undefined || scope.closed) return true
    const copy = Math.floor(ref / perCopy)
    const place = placeOf({ ref, record, group: undefined, copy, waits: [] })
    const known = responsible.size
    const inside = parts.insideOf(scope, 2 * most, (waiter) => note(waiter, place))
    if (inside.parent !== undefined) place.parent = copy * perCopy + inside.parent
    place.deadline = inside.deadline
    place.children = inside.children
    list(place)
    complete(place)
    if (responsible.size > known) extras.push(...[...responsible].slice(known))
    for (const id of inside.awaited) extras.push(copy * perCopy + id)
    return true
  }

  function step(budget: number): boolean {
    const start = host.now()
    let looked = n
    let more = true
    while (more) {
      const frame = frames.at(-1)
      if (frame !== undefined) {
        const node = frame.listed[frame.at++]
        if (node !== undefined) {
          if (!node.closed) enter(node, frame)
        } else if (!listNext(frame)) {
          frames.pop()
          // The frame of a task's own scope, not of one inside of it.
          const above = frames.at(-1)
          if (above === undefined || above.into !== frame.into) leave(frame.into)
        }
      } else if (!nextCopy() && !nextExtra()) {
        more = false
      }
      if (++n - looked < 64) continue
      looked = n
      if (host.now() - start >= budget) break
    }
    if (!more) for (const [name, resource] of host.watched()) resources.rename(resource, name)
    const took = host.now() - start
    cost += took
    longestSlice = Math.max(longestSlice, took)
    return !more
  }

  return {
    step,
    scopeOf,
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
