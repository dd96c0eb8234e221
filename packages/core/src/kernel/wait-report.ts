import type { TaskView, WaitView } from './snapshot.ts'
import { waitCycle } from './wait-cycle.ts'

/**
 * The task tree as text, one task a line, and the circle in which tasks wait for each other if there is one:
 *
 *   main          waits for TaskGroup.join, 1.2 s
 *    ├ writer     waits for Lock.acquire, 1.2 s, held by reader
 *    └ reader     waits for Queue.get, 1.2 s
 *
 * @param allWait nobody can go on: a task without a wait of ours waits for something foreign
 */
export function waitReport(
  tasks: readonly TaskView[],
  now: number,
  allWait: boolean = true,
): string {
  const names = new Map<number, string>()
  index(tasks, names)
  const rows: [string, string][] = []
  for (const task of tasks) row(task, '', '', rows)
  const width = Math.max(0, ...rows.map(([left]) => left.length))
  const lines = rows.map(([left, right]) => `${left.padEnd(width)}  ${right}`.trimEnd())
  const cycle = waitCycle(tasks) ?? []
  if (cycle.length > 0) {
    const links = cycle.map(({ task, wait }, i) => {
      const other = (cycle[i + 1] ?? cycle[0])?.task
      return `${task.name} waits for ${other === task ? 'itself' : other?.name} (${wait.kind})`
    })
    lines.push(`in a circle: ${links.join(', ')}`)
  }
  return lines.join('\n')

  function row(task: TaskView, lead: string, below: string, into: [string, string][]): void {
    into.push([lead + task.name, state(task)])
    task.children.forEach((child, i) => {
      const last = i === task.children.length - 1
      row(child, `${below}${last ? ' └ ' : ' ├ '}`, `${below}${last ? '   ' : ' │ '}`, into)
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

function index(tasks: readonly TaskView[], names: Map<number, string>): void {
  for (const task of tasks) {
    names.set(task.id, task.name)
    index(task.children, names)
  }
}

function duration(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`
}
