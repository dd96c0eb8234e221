import type { TaskRecord } from '../kernel/records.ts'
import type { TaskNode } from '../scope/task-node.ts'
import type { Held } from './held.ts'
import type { Plan } from './plan.ts'
import { isJump } from './trace.ts'
import type { Jump, Trace } from './trace.ts'
import { WaitLabels } from './wait-labels.ts'

/** One line of a timeline: what one task did between two moments at which everybody waited. */
export type Row =
  | {
      readonly kind: 'wake'
      readonly seq: number
      readonly time: number
      readonly column: number
      /** From what it woke, and what it did then. */
      readonly from: string
      readonly to: string
      /** Whose doing it was: a column, or undefined for time's. */
      readonly by: number | undefined
      /** It came late: so many others overtook it. */
      readonly overtakenBy: number | undefined
      readonly fault: string | undefined
      readonly failed: boolean
    }
  | { readonly kind: 'late'; readonly seq: number; readonly column: number; readonly from: string }
  | { readonly kind: 'time'; readonly time: number }
  | { readonly kind: 'end' }

/** What happened in a run, as a table: a column for each task, a row for each step. */
export interface Timeline {
  readonly columns: readonly string[]
  readonly rows: readonly Row[]
}

const faultNames = {
  c: 'cancelled just now',
  w: 'cancelled after this',
  o: 'out of time just now',
  v: 'out of time after this',
  f: 'made to fail',
} as const

export function timelineOf(trace: Trace, plan: Plan): Timeline {
  const tasks = [...new Set(trace.wakes.sort((a, b) => a.seq - b.seq).map(({ task }) => task))]
  const labels = new WaitLabels(trace.wakes.map(({ waiter }) => waiter))
  const lateSeqs = new Set(plan.delays.map(({ seq }) => seq))
  const lateFrom = new Map<number, Held[]>()
  for (const held of trace.wakes) {
    const index = lateSeqs.has(held.seq) ? firstOvertaker(trace, held) : -1
    if (index >= 0) lateFrom.set(index, [...(lateFrom.get(index) ?? []), held])
  }
  const rows: Row[] = []
  trace.steps.forEach((step, index) => {
    if (index === trace.failedAt) rows.push({ kind: 'end' })
    for (const held of lateFrom.get(index) ?? []) {
      const from = labels.of(held.waiter)
      rows.push({ kind: 'late', seq: held.seq, column: tasks.indexOf(held.task), from })
    }
    rows.push(isJump(step) ? { kind: 'time', time: step.to } : wakeRow(step))
  })
  return { columns: tasks.map((task) => task?.name ?? 'nobody'), rows }

  function wakeRow(held: Held): Row {
    const { wakes, jumps } = trace.overtakers(held)
    const fault = plan.faults.find(({ seq }) => seq === held.seq)
    const next = trace.wakes.find(
      (other) => other.task === held.task && other.passedAt > held.passedAt,
    )
    const failed = next === undefined && (held.task as TaskNode | undefined)?.state === 'rejected'
    return {
      kind: 'wake',
      seq: held.seq,
      time: held.time,
      column: tasks.indexOf(held.task),
      from: labels.of(held.waiter),
      to: next === undefined ? outcome(held.task) : labels.of(next.waiter),
      by: held.by === undefined ? undefined : tasks.indexOf(held.by),
      overtakenBy: lateSeqs.has(held.seq) ? wakes + jumps : undefined,
      fault: fault && faultNames[fault.kind],
      failed,
    }
  }
}

function outcome(task: TaskRecord | undefined): string {
  const { state, error } = (task ?? {}) as TaskNode
  if (state === 'fulfilled') return 'ends'
  if (state === 'cancelled') return 'ends cancelled'
  if (state === 'rejected') return `throws ${error instanceof Error ? error.name : String(error)}`
  return 'never goes on'
}

/** The step that was taken although this one was its senior. */
function firstOvertaker({ steps }: Trace, held: Held): number {
  const overtakes = (step: Held | Jump): boolean => isJump(step) || step.seq > held.seq
  const index = steps.slice(held.heldAt, held.passedAt).findIndex(overtakes)
  return index < 0 ? -1 : held.heldAt + index
}
