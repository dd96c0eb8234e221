import { everyTask } from './snapshot.ts'
import type { TaskView, WaitView } from './snapshot.ts'

/** One task of a cycle, and the wait by which it waits for the next one. */
export interface WaitLink {
  readonly task: TaskView
  readonly wait: WaitView
}

/**
 * A circle of tasks each of which waits for the next: for something that it holds, for its end, or for
 * the end of its children. Undefined when there is none. It costs one look at each task and wait.
 */
export function waitCycle(tasks: readonly TaskView[]): readonly WaitLink[] | undefined {
  const all = new Map(everyTask(tasks).map((task) => [task.id, task]))
  const done = new Set<TaskView>()
  for (const task of all.values()) {
    const member = memberOfCycle(task, all, done)
    if (member !== undefined) return backTo(member, all)
  }
  return undefined
}

/** Depth first: a task met again on the way that led to it is in a circle. */
function memberOfCycle(
  start: TaskView,
  all: ReadonlyMap<number, TaskView>,
  done: Set<TaskView>,
): TaskView | undefined {
  if (done.has(start)) return undefined
  const way = [{ task: start, ahead: next(start, all) }]
  const onTheWay = new Set([start])
  for (let last = way.at(-1); last !== undefined; last = way.at(-1)) {
    const { value } = last.ahead.next()
    if (value === undefined) {
      way.pop()
      onTheWay.delete(last.task)
      done.add(last.task)
    } else if (onTheWay.has(value)) {
      return value
    } else if (!done.has(value)) {
      way.push({ task: value, ahead: next(value, all) })
      onTheWay.add(value)
    }
  }
  return undefined
}

function* next(task: TaskView, all: ReadonlyMap<number, TaskView>): Generator<TaskView, undefined> {
  for (const wait of task.waits) {
    for (const id of awaitedBy(task, wait)) {
      const other = all.get(id)
      if (other !== undefined) yield other
    }
  }
}

/** The shortest way from a task along its waits back to itself, breadth first. */
function backTo(start: TaskView, all: ReadonlyMap<number, TaskView>): WaitLink[] | undefined {
  const cameBy = new Map<TaskView, { readonly link: WaitLink; readonly from: TaskView }>()
  const queue = [start]
  for (const task of queue) {
    for (const wait of task.waits) {
      for (const id of awaitedBy(task, wait)) {
        const next = all.get(id)
        if (next === undefined || cameBy.has(next)) continue
        cameBy.set(next, { link: { task, wait }, from: task })
        if (next === start) return trail(start, cameBy)
        queue.push(next)
      }
    }
  }
  return undefined
}

function trail(
  start: TaskView,
  cameBy: ReadonlyMap<TaskView, { readonly link: WaitLink; readonly from: TaskView }>,
): WaitLink[] {
  const links: WaitLink[] = []
  for (let step = cameBy.get(start); step !== undefined; step = cameBy.get(step.from)) {
    links.push(step.link)
    if (step.from === start) break
  }
  return links.reverse()
}

function awaitedBy(task: TaskView, { kind, resource, heldBy }: WaitView): readonly number[] {
  if (kind === 'TaskGroup.join') return task.children.map((child) => child.id)
  const { id } = (kind === 'Task' ? resource : {}) as { id?: number }
  return id === undefined ? heldBy : [id]
}
