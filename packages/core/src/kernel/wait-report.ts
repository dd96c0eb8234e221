import { everyTask } from './snapshot.ts'
import type { TaskView, WaitView } from './snapshot.ts'
import { waitCycle } from './wait-cycle.ts'

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
 * Of what is very deep only how many they are is told, and what the last one waits for.
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

  function wait({ kind, since, heldBy }: WaitView): string {
    const holders = heldBy.map((id) => names.get(id) ?? `task-${id}`)
    return `${kind}, ${duration(now - since)}${holders.length > 0 ? `, held by ${holders.join(', ')}` : ''}`
  }
}

function duration(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`
}
