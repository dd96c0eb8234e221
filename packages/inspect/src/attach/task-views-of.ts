import type { TaskView } from 'corral/lowlevel'
import type { Reading, TaskRow, WaitRow } from '../agent/reading.ts'

/** The listed tasks of a reading as the core's own tools take them, below each other as far as they are listed. */
export function taskViewsOf({ rows }: Pick<Reading, 'rows'>): readonly TaskView[] {
  const views = new Map<number, TaskView & { readonly children: TaskView[] }>()
  for (const row of rows) views.set(row.ref, { ...viewOf(row), children: [] })
  const tops: TaskView[] = []
  for (const { ref, parent } of rows) {
    const view = views.get(ref) as TaskView
    const above = parent === undefined ? undefined : views.get(parent)
    if (above === undefined) tops.push(view)
    else above.children.push(view)
  }
  for (const { ref, children } of rows) {
    const view = views.get(ref)
    if (view === undefined || view.children.length >= children) continue
    const waits = view.waits.map((wait) => ({ ...wait, holdersUnknown: true }))
    Object.assign(view, { waits })
  }
  return tops
}

function viewOf({ ref, name, status, deadline, waits }: TaskRow): TaskView {
  return {
    id: ref,
    name,
    status: status as TaskView['status'],
    deadline: deadline ?? Infinity,
    waits: waits.map(waitViewOf),
    scopes: [],
    children: [],
  }
}

function waitViewOf({ kind, since, heldBy, holdersUnknown }: WaitRow): TaskView['waits'][number] {
  const [id] = heldBy
  const resource = kind === 'Task' && id !== undefined ? { id } : undefined
  return { kind, resource, name: undefined, since, heldBy, holdersUnknown }
}
