import { currentScope, snapshot } from '../../src/lowlevel.ts'
import type { TaskView } from '../../src/lowlevel.ts'

/** What the tasks below the current one wait for: `name: kind`, with who holds it. */
export function waitsBelow(): string[] {
  const tasks = snapshot(currentScope())
  const names = new Map<number, string>()
  const all: TaskView[] = []
  const collect = (views: readonly TaskView[]): void => {
    for (const view of views) {
      names.set(view.id, view.name)
      all.push(view)
      collect(view.children)
    }
  }
  collect(tasks)
  return all.flatMap((task) =>
    task.waits.map(({ kind, heldBy }) => {
      const holders = heldBy.map((id) => names.get(id) ?? 'main')
      return `${task.name}: ${kind}${holders.length > 0 ? ` held by ${holders.join(', ')}` : ''}`
    }),
  )
}
