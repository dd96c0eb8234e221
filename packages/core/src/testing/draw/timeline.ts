import type { TaskRecord } from '../../kernel/records.ts'
import type { TaskNode } from '../../scope/task-node.ts'
import type { Plan } from '../explore/plan.ts'
import type { PendingWake } from '../run/pending-wake.ts'
import { showThrown } from '../run/show-value.ts'
import { isJump, overtakes } from '../run/trace.ts'
import type { Trace } from '../run/trace.ts'
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
      /** How the wait ended, if not as it was to. */
      readonly cut: 'timed out' | 'cancelled' | undefined
      readonly fault: string | undefined
      readonly failed: boolean
    }
  | {
      readonly kind: 'late'
      readonly seq: number
      /** Since when it could have gone on. */
      readonly time: number
      readonly column: number
      readonly from: string
    }
  | { readonly kind: 'time'; readonly time: number }
  | { readonly kind: 'end' }
  /** So many rows were left out. */
  | { readonly kind: 'gap'; readonly count: number }

/** What a task woke from, and what was wrong with it. */
export function wokeFrom({ from, to, cut, fault }: Row & { kind: 'wake' }): string {
  const wrong = fault ?? (cut === 'cancelled' && to === 'ends cancelled' ? undefined : cut)
  return wrong === undefined ? from : `${from} (${wrong})`
}

/** What happened in a run, as a table: a column for each task, a row for each step. */
export interface Timeline {
  readonly columns: readonly string[]
  readonly rows: readonly Row[]
  /** Where in the user's code which call is made, if that is known. */
  readonly places: readonly (readonly [call: string, places: readonly string[]])[]
}

const faultNames = {
  c: 'cancelled just now',
  w: 'cancelled after this',
  o: 'out of time just now',
  v: 'out of time after this',
  f: 'made to fail',
  l: 'lost',
  m: 'arrives twice',
  r: 'overtaken',
  p: 'cut off',
  k: 'the receiver dies',
} as const

export function timelineOf(trace: Trace, plan: Plan): Timeline {
  const { wakes, steps } = trace
  const bySeq = wakes.toSorted((a, b) => a.seq - b.seq)
  const columns = new Map([...new Set(bySeq.map(({ task }) => task))].map((task, i) => [task, i]))
  const columnOf = (task: TaskRecord | undefined): number => columns.get(task) ?? -1
  const labels = new WaitLabels(wakes)
  const next = successors(wakes)
  const lateFrom = new Map<number, PendingWake[]>()
  const late = new Set<PendingWake>()
  for (const { seq } of plan.delays) {
    const held = trace.find(seq)
    if (held === undefined) continue
    late.add(held)
    const index = firstOvertaker(trace, held)
    if (index >= 0) lateFrom.set(index, [...(lateFrom.get(index) ?? []), held])
  }
  const rows: Row[] = []
  for (const [index, step] of steps.entries()) {
    if (index === trace.failedAt) rows.push({ kind: 'end' })
    for (const held of lateFrom.get(index) ?? []) {
      const from = labels.of(held)
      const { seq, since: time } = held
      rows.push({ kind: 'late', seq, time, column: columnOf(held.task), from })
    }
    rows.push(isJump(step) ? { kind: 'time', time: step.to } : wakeRow(step))
  }
  return { columns: namesOf([...columns.keys()]), rows, places: labels.places }

  function wakeRow(held: PendingWake): Row {
    const fault = plan.faults.find(({ seq }) => seq === held.seq)
    const after = next.get(held)
    const failed = after === undefined && (held.task as TaskNode | undefined)?.state === 'rejected'
    return {
      kind: 'wake',
      seq: held.seq,
      time: held.time,
      column: columnOf(held.task),
      from: labels.of(held),
      to: after === undefined ? outcome(held.task) : labels.of(after),
      by: held.by === undefined ? undefined : columnOf(held.by),
      overtakenBy: late.has(held) ? trace.overtaking(held).length : undefined,
      cut: fault === undefined ? cutOf(held) : undefined,
      fault: fault && faultNames[fault.kind],
      failed,
    }
  }
}

/** Those of one name are numbered. */
function namesOf(tasks: readonly (TaskRecord | undefined)[]): string[] {
  const counts = new Map<string, number>()
  return tasks.map((task) => {
    const name = task?.name ?? 'nobody'
    const count = (counts.get(name) ?? 0) + 1
    counts.set(name, count)
    return count === 1 ? name : `${name} (${count})`
  })
}

/** A wait that a deadline or a cancellation has ended. */
function cutOf({ waiter: { state, scope } }: PendingWake): 'timed out' | 'cancelled' | undefined {
  if (state !== 'cancelled') return undefined
  return scope?.cancelledBy?.expired === true ? 'timed out' : 'cancelled'
}

/** The next wake-up of the same task. */
function successors(wakes: readonly PendingWake[]): Map<PendingWake, PendingWake> {
  const next = new Map<PendingWake, PendingWake>()
  const last = new Map<TaskRecord | undefined, PendingWake>()
  for (const held of wakes) {
    const before = last.get(held.task)
    if (before !== undefined) next.set(before, held)
    last.set(held.task, held)
  }
  return next
}

function outcome(task: TaskRecord | undefined): string {
  const { state, error } = (task ?? {}) as TaskNode
  if (state === 'fulfilled') return 'ends'
  if (state === 'cancelled') return 'ends cancelled'
  if (state !== 'rejected') return 'never goes on'
  return `throws ${error instanceof Error ? error.name : showThrown(error)}`
}

/** The step that was taken although this one was its senior. */
function firstOvertaker({ steps }: Trace, held: PendingWake): number {
  const passed = steps.slice(held.heldAt, held.passedAt)
  const index = passed.findIndex((step) => overtakes(step, held))
  return index < 0 ? -1 : held.heldAt + index
}
