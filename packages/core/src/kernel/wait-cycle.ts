import { everyTask } from './snapshot.ts'
import type { TaskView, WaitView } from './snapshot.ts'

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

function tasksAwaited(task: TaskView, { kind, resource, heldBy }: WaitView): readonly number[] {
  if (kind === 'TaskGroup.join') return task.children.map((child) => child.id)
  const { id } = (kind === 'Task' ? resource : {}) as { id?: number }
  return id === undefined ? heldBy : [id]
}
