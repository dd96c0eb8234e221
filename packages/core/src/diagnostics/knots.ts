import { everyTask } from './snapshot.ts'
import type { TaskView } from './snapshot.ts'
import { tasksAwaited } from './wait-report.ts'
import type { WaitLink } from './wait-report.ts'

/** Tasks that wait for each other in a circle, while the rest of the program may live. */
export interface Knot {
  readonly links: readonly WaitLink[]
  /** Nothing can end it. Otherwise it is suspected: one of the tasks may be woken by something that is not seen. */
  readonly certain: boolean
}

/**
 * The knots among the tasks of a living program. A task is alive if it runs, if a deadline will end its wait, if
 * it waits for something whose holders are not all known, or if one of the holders is alive. What is
 * not alive, and waits in a circle, is a knot; each task is in one at the most.
 *
 * Certain is a circle of several tasks each of which has one wait: one with several may be woken by a callback,
 * and a task that waits for itself may have a callback that lets go.
 */
export function waitKnots(tasks: readonly TaskView[]): readonly Knot[] {
  const stuck = stuckTasks(everyTask(tasks))
  const knots: Knot[] = []
  const seen = new Set<TaskView>()
  for (const start of stuck.values()) {
    const way: WaitLink[] = []
    const places = new Map<TaskView, number>()
    let task = start
    while (!seen.has(task)) {
      seen.add(task)
      places.set(task, way.length)
      const link = linkToStuck(task, stuck)
      if (link === undefined) break
      way.push(link)
      task = link.next
    }
    const place = places.get(task)
    if (place === undefined || place >= way.length) continue
    const links = way.slice(place)
    const certain = links.length > 1 && links.every((link) => link.task.waits.length === 1)
    knots.push({ links, certain })
  }
  return knots
}

/** By id, those that nothing alive can wake. */
function stuckTasks(all: readonly TaskView[]): Map<number, TaskView> {
  const stuck = new Map(all.map((task) => [task.id, task]))
  const waiting = new Map<number, TaskView[]>()
  const alive: TaskView[] = []
  const live = (task: TaskView): void => {
    if (stuck.delete(task.id)) alive.push(task)
  }
  for (const task of all) {
    if (canWakeByItself(task)) live(task)
    for (const wait of task.waits) {
      for (const id of tasksAwaited(task, wait)) {
        const others = waiting.get(id)
        if (others === undefined) waiting.set(id, [task])
        else others.push(task)
      }
    }
  }
  for (let task = alive.pop(); task !== undefined; task = alive.pop()) {
    for (const waiter of waiting.get(task.id) ?? []) live(waiter)
  }
  return stuck
}

function canWakeByItself(task: TaskView): boolean {
  if (task.waits.length === 0 || task.deadline !== Infinity) return true
  return task.waits.some((wait) => wait.holdersUnknown || tasksAwaited(task, wait).length === 0)
}

function linkToStuck(task: TaskView, stuck: ReadonlyMap<number, TaskView>): WaitLink | undefined {
  for (const wait of task.waits) {
    for (const id of tasksAwaited(task, wait)) {
      const next = stuck.get(id)
      if (next !== undefined) return { task, wait, next }
    }
  }
  return undefined
}
