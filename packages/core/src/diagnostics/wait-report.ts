import { everyTask } from './snapshot.ts'
import type { TaskView, WaitView } from './snapshot.ts'

/** How deep the tree is drawn; what is below is counted. */
const DEPTH = 20
/** How many tasks of a circle are named. */
const CIRCLE = 20

/**
 * The task tree as text, one task a line, and the circle in which tasks wait for each other if there is one:
 *
 *   main          waits for TaskGroup.join, 1.2 s
 *    ├ writer     waits for Lock.acquire, 1.2 s, held by reader
 *    └ reader     waits for Queue.get, 1.2 s
 *
 * A very deep tree is summarised: how many tasks there are further down, and what the last one waits for.
 *
 * @param allWait nobody can go on: a task without a wait of ours waits for something foreign
 */
export function waitReport(
  tasks: readonly TaskView[],
  now: number,
  allWait: boolean = true,
): string {
  const names = new Map(everyTask(tasks).map(({ id, name }) => [id, name]))
  const rows: [string, string][] = []
  for (const task of tasks) row(task, '', '', 1)
  const width = rows.reduce((most, [left]) => Math.max(most, left.length), 0)
  const lines = rows.map(([left, right]) => `${left.padEnd(width)}  ${right}`.trimEnd())
  const circle = waitCycle(tasks).map(
    ({ task, wait, next }) =>
      `${task.name} waits for ${next === task ? 'itself' : next.name} (${wait.kind})`,
  )
  if (circle.length > CIRCLE) circle.push(`... ${circle.splice(CIRCLE).length} more`)
  if (circle.length > 0) lines.push(`in a circle: ${circle.join(', ')}`)
  return lines.join('\n')

  function row(task: TaskView, lead: string, below: string, depth: number): void {
    rows.push([lead + task.name, state(task)])
    if (depth === DEPTH && task.children.length > 0) {
      const deeper = everyTask(task.children)
      const last = deeper.at(-1) as TaskView
      rows.push([`${below} └ ... ${deeper.length} more`, `the last one ${state(last)}`])
      return
    }
    task.children.forEach((child, i) => {
      const last = i === task.children.length - 1
      row(child, `${below}${last ? ' └ ' : ' ├ '}`, `${below}${last ? '   ' : ' │ '}`, depth + 1)
    })
  }

  function state(task: TaskView): string {
    if (task.waits.length > 0) return `waits for ${task.waits.map(wait).join(' and ')}`
    if (task.status !== 'running') return task.status
    return allWait ? 'waits for something that is not ours' : 'goes on'
  }

  function wait({ kind, name, since, heldBy, holdersUnknown }: WaitView): string {
    const holders = heldBy.map((id) => names.get(id) ?? `task-${id}`)
    const others = holdersUnknown ? ' and others unknown' : ''
    const held =
      holders.length > 0
        ? `, held by ${holders.join(', ')}${others}`
        : holdersUnknown
          ? ', holders unknown'
          : ''
    return `${kind}${name === undefined ? '' : ` ${name}`}, ${duration(now - since)}${held}`
  }
}

function duration(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`
}

/** One task of a cycle, the wait by which it waits for the next one, and that one. */
export interface WaitLink {
  readonly task: TaskView
  readonly wait: WaitView
  readonly next: TaskView
}

/**
 * A circle of tasks each of which waits for the next: for something that it holds, for its end, or for
 * the end of its children. Empty when there is none. It costs one look at each task and wait.
 */
export function waitCycle(tasks: readonly TaskView[]): readonly WaitLink[] {
  const all = new Map(everyTask(tasks).map((task) => [task.id, task]))
  const places = new Map<TaskView, number>() // on the way that led here; -1 once nothing came of it
  for (const start of all.values()) {
    // Depth first, with a way of its own: tasks may be nested deeper than calls can be.
    const way: WaitLink[] = []
    const ahead = places.has(start) ? [] : [linksOf(start, all)]
    places.set(start, places.get(start) ?? 0)
    for (let links = ahead.at(-1); links !== undefined; links = ahead.at(-1)) {
      const { value: link } = links.next()
      if (link === undefined) {
        ahead.pop()
        places.set(way.pop()?.next ?? start, -1)
        continue
      }
      const place = places.get(link.next)
      if (place === undefined) {
        places.set(link.next, way.push(link))
        ahead.push(linksOf(link.next, all))
      } else if (place >= 0) {
        return [...way.slice(place), link]
      }
    }
  }
  return []
}

/** Each of the tasks waits for nothing but others of them: nothing is known of that could end it. */
export function isDeadlocked(tasks: readonly TaskView[]): boolean {
  const all = everyTask(tasks)
  return all.length > 0 && all.every(waitsForTasksOnly)
}

function waitsForTasksOnly(task: TaskView): boolean {
  const [wait, ...others] = task.waits
  if (wait === undefined || others.length > 0 || task.deadline !== Infinity) return false
  return !wait.holdersUnknown && tasksAwaited(task, wait).length > 0
}

function* linksOf(
  task: TaskView,
  all: ReadonlyMap<number, TaskView>,
): Generator<WaitLink, undefined> {
  for (const wait of task.waits) {
    for (const id of tasksAwaited(task, wait)) {
      const next = all.get(id)
      if (next !== undefined) yield { task, wait, next }
    }
  }
}

/** The ids of the tasks that can end a wait. */
export function tasksAwaited(
  task: TaskView,
  { kind, resource, heldBy }: WaitView,
): readonly number[] {
  if (kind === 'TaskGroup.join') return task.children.map((child) => child.id)
  const { id } = (kind === 'Task' ? resource : {}) as { id?: number }
  return id === undefined ? heldBy : [id]
}
