import { waitKnots } from 'corral/lowlevel'
import type { Knot, TaskView, WaitView } from 'corral/lowlevel'
import { nameStem } from '../name-stem.ts'

/** Tasks of one sort that wait for the same, or a queue, of which nothing seems to become any more. */
export interface StuckReport {
  /**
   * `waits`: they have waited too long. `knot`: they wait for each other in a circle, and nothing alive can end that.
   * `grows`: a queue that is watched only grows.
   */
  readonly why: 'waits' | 'knot' | 'grows'
  /** Of a knot: nothing can end it. Otherwise it is suspected: something that is not seen may. */
  readonly certain: boolean
  /** What the names of the tasks have in common, or the name of the queue. */
  readonly name: string
  /** The call that waits, such as `Pool.acquire`. */
  readonly kind: string | undefined
  /** The name of what is waited for, where it has one. */
  readonly resource: string | undefined
  /** How many tasks it is; of a queue, how many items. */
  readonly count: number
  /** The first of them, at the most five; the whole circle of a knot. */
  readonly tasks: readonly StuckTask[]
  /** How long the first has waited, in milliseconds. */
  readonly longest: number
}

export interface StuckTask {
  readonly id: number
  readonly name: string
  readonly kind: string
  readonly resource: string | undefined
  /** The names of those who hold what it waits for, at the most five. */
  readonly heldBy: readonly string[]
}

/** How many tasks are told. */
const TOLD = 5

/** They wait for work, for time, or for others whose wait is looked at itself: as long as they like. */
const IDLE = new Set(
  `sleep Task Task.settled TaskGroup.join select fromEvent watch start checkpoint pause asCompleted staggeredRace Batcher
  Queue.get Receiver.receive Stream.next Watch.changed ByteReader.read LinkEnd.read`.split(/\s+/),
)

/** Whether a wait of this kind may be a sign of trouble when it takes long. */
export function maySuffer(kind: string): boolean {
  return !IDLE.has(kind)
}

/** Knots, and waits of at least `after`, in groups: what is wrong with many is told once. */
export function findStuck(
  tasks: readonly TaskView[],
  now: number,
  after: number,
): readonly StuckReport[] {
  const names = new Map<number, string>()
  const rest = [...tasks]
  for (let task = rest.pop(); task !== undefined; task = rest.pop()) {
    names.set(task.id, task.name)
    for (const child of task.children) rest.push(child)
  }
  const knots = waitKnots(tasks)
  const knotted = new Set(knots.flatMap(({ links }) => links.map(({ task }) => task.id)))
  const groups = new Map<string, [TaskView, WaitView][]>()
  rest.push(...tasks)
  for (let task = rest.pop(); task !== undefined; task = rest.pop()) {
    for (const child of task.children) rest.push(child)
    for (const wait of knotted.has(task.id) ? [] : task.waits) {
      if (now - wait.since < after) continue
      if (!maySuffer(wait.kind) && wait.heldBy.length === 0) continue
      const key = `${nameStem(task.name)}\0${wait.kind}\0${wait.name}`
      const group = groups.get(key)
      if (group === undefined) groups.set(key, [[task, wait]])
      else group.push([task, wait])
    }
  }
  return [...knots.map((knot) => knotReport(knot, now, names)), ...[...groups.values()].map(group)]

  function group(waits: [TaskView, WaitView][]): StuckReport {
    waits.sort(([, a], [, b]) => a.since - b.since)
    const [[task, wait]] = waits as [[TaskView, WaitView]]
    return {
      why: 'waits',
      certain: false,
      name: nameStem(task.name),
      kind: wait.kind,
      resource: wait.name,
      count: waits.length,
      tasks: waits.slice(0, TOLD).map(([task, wait]) => stuckTask(task, wait, names)),
      longest: now - wait.since,
    }
  }
}

function knotReport(
  { links, certain }: Knot,
  now: number,
  names: ReadonlyMap<number, string>,
): StuckReport {
  const [{ task, wait }] = links as [Knot['links'][number]]
  return {
    why: 'knot',
    certain,
    name: nameStem(task.name),
    kind: wait.kind,
    resource: wait.name,
    count: links.length,
    tasks: links.map(({ task, wait }) => stuckTask(task, wait, names)),
    longest: now - Math.min(...links.map(({ wait }) => wait.since)),
  }
}

function stuckTask(
  { id, name }: TaskView,
  { kind, name: resource, heldBy }: WaitView,
  names: ReadonlyMap<number, string>,
): StuckTask {
  const holders = heldBy.slice(0, TOLD).map((holder) => names.get(holder) ?? `task-${holder}`)
  return { id, name, kind, resource, heldBy: holders }
}
