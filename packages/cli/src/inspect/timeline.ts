import type { Recording } from '@corral/inspect/attach'

/** A stretch of a task's life: from, to (milliseconds from the beginning), and what it waited for, or nothing when it ran. */
type Stretch = readonly [from: number, to: number, wait: string]

/** The life of some tasks, for drawing. */
export interface Timeline {
  readonly ms: number
  readonly events: number
  readonly lost: number
  readonly tasks: number
  readonly rows: readonly { readonly name: string; readonly life: readonly Stretch[] }[]
}

const mostRows = 150
const mostStretches = 300

/** The tasks in which most happened. */
export function timelineOf(recording: Recording, nameOf: (name: string) => string): Timeline {
  const { trace, from, until, events, lost } = recording
  const lives = new Map<number, Stretch[]>()
  const open = new Map<number, { at: number; wait: string }[]>()
  for (const { task, type, time, name, category } of trace.steps) {
    const stack = open.get(task) ?? []
    open.set(task, stack)
    if (type === 'begin') {
      stack.push({ at: time, wait: category === 'wait' ? name : '' })
      continue
    }
    const begun = stack.pop()
    if (begun === undefined) continue
    const life = lives.get(task) ?? []
    lives.set(task, life)
    life.push([rounded(begun.at - from), rounded(time - from), begun.wait])
  }
  const names = new Map(trace.tracks.map(({ task, name }) => [task, name]))
  const rows = [...lives]
    .toSorted(([, a], [, b]) => b.length - a.length)
    .slice(0, mostRows)
    .map(([task, life]) => ({
      name: `${nameOf(names.get(task) ?? 'task')} #${task}`,
      life: life.toReversed().slice(0, mostStretches),
    }))
  return { ms: rounded(until - from), events, lost, tasks: lives.size, rows }
}

function rounded(ms: number): number {
  return Math.max(0, Math.round(ms * 10) / 10)
}
