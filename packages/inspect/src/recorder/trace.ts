import type { TaskView } from 'corral/lowlevel'
import { EventKind } from './event-ring.ts'
import type { RecordedEvent } from './event-ring.ts'

/** A line of the picture: one task. */
export interface Track {
  readonly task: number
  readonly name: string
  /** The task that spawned it. */
  readonly parent: number | undefined
}

/** One step on a track. Begins and ends are nested in each other on every track. */
export interface Step {
  readonly task: number
  readonly type: 'begin' | 'end'
  /** Milliseconds since the epoch. */
  readonly time: number
  /** Of what begins or ends: the task itself, or what it waits for. */
  readonly name: string
  readonly category: 'task' | 'wait'
}

/** A recording as a picture has it. */
export interface Trace {
  readonly tracks: readonly Track[]
  readonly steps: readonly Step[]
}

/** How the numbers in events are told. */
export interface Names {
  /** The name of a task that started or ended. */
  taskName(about: number): string
  /** What a wait is for. */
  waitName(about: number): string
}

/** Tasks that did nothing while the recording lasted are shown too, but no more than these. */
const STILL = 10_000

/**
 * Orders events into tracks. A recording is a window: what began before its first event begins there, and what has
 * not ended ends at `until`. Waits of one task that overlap are cut in two where one ends inside the other, so that
 * every track is nested.
 *
 * @param living the tasks that have not ended
 */
export function traceOf(
  events: Iterable<RecordedEvent>,
  names: Names,
  living: readonly TaskView[],
  until: number,
): Trace {
  const lines = new Lines()
  for (const { kind, time, task, about } of events) {
    lines.from ??= time
    if (kind === EventKind.taskSpawned) lines.of(task).parent = about
    else if (kind === EventKind.taskStarted) lines.start(task, names.taskName(about), time)
    else if (kind === EventKind.waiting) lines.wait(task, about, names.waitName(about), time)
    else if (kind >= EventKind.granted) lines.wake(task, about, names.waitName(about), time)
    else lines.end(task, names.taskName(about), time)
  }
  lines.close(living, until)
  return lines
}

interface Wait {
  readonly about: number
  readonly name: string
}

/** A task while the events are gone through. */
interface Line {
  name: string | undefined
  parent: number | undefined
  state: 'spawned' | 'begun' | 'ended'
  /** What it waits for, outermost first: several things, where callbacks wait beside it. */
  readonly waits: Wait[]
}

class Lines implements Trace {
  readonly steps: { -readonly [K in keyof Step]: Step[K] }[] = []
  tracks: Track[] = []
  /** When the first event happened. */
  from: number | undefined
  readonly #lines = new Map<number, Line>()

  of(task: number): Line {
    let line = this.#lines.get(task)
    if (line === undefined) {
      line = { name: undefined, parent: undefined, state: 'spawned', waits: [] }
      this.#lines.set(task, line)
    }
    return line
  }

  start(task: number, name: string, time: number): void {
    this.of(task).name = name
    this.#begun(task, time)
  }

  wait(task: number, about: number, name: string, time: number): void {
    this.#begun(task).waits.push({ about, name })
    this.#step(task, 'begin', time, name, 'wait')
  }

  /** Ends a wait; those that began after it, and go on, are cut in two. */
  wake(task: number, about: number, name: string, time: number): void {
    const unseen = this.of(task).state === 'spawned'
    const line = this.#begun(task)
    const at = line.waits.findLastIndex((open) => open.about === about)
    if (at >= 0) {
      const cut = line.waits.splice(at)
      for (const open of cut.toReversed()) this.#step(task, 'end', time, open.name, 'wait')
      for (const open of cut.slice(1)) this.wait(task, open.about, open.name, time)
    } else if (unseen) {
      this.#step(task, 'begin', this.from as number, name, 'wait')
      this.#step(task, 'end', time, name, 'wait')
    }
  }

  end(task: number, name: string, time: number): void {
    this.of(task).name = name
    const line = this.#begun(task)
    line.state = 'ended'
    for (const open of line.waits.splice(0).toReversed()) {
      this.#step(task, 'end', time, open.name, 'wait')
    }
    this.#step(task, 'end', time, '', 'task')
  }

  /** What is alive ends with the recording; names are known now. */
  close(living: readonly TaskView[], now: number): void {
    const until = Math.max(now, this.from ?? now)
    let still = 0
    const rest: [TaskView, number | undefined][] = living.map((task) => [task, undefined])
    for (let next = rest.pop(); next !== undefined; next = rest.pop()) {
      const [view, parent] = next
      for (const child of view.children) rest.push([child, view.id])
      if (!this.#lines.has(view.id)) {
        if (++still > STILL) continue
        for (const { kind, name } of view.waits) {
          this.wait(view.id, -1, waitName(kind, name), this.from ?? until)
        }
      }
      const line = this.#begun(view.id)
      line.name = view.name
      line.parent ??= parent
    }
    for (const [task, line] of this.#lines) {
      line.name ??= task === 0 ? '(root)' : `task-${task}`
      if (line.state === 'begun') this.end(task, line.name, until)
    }
    for (const step of this.steps) {
      if (step.category === 'task') step.name = this.#lines.get(step.task)?.name ?? ''
    }
    for (const [task, { name, parent }] of this.#lines) {
      // A task is younger than its parent; the root is no task.
      const above = parent === 0 || (parent ?? task) >= task ? undefined : parent
      this.tracks.push({ task, name: name ?? '', parent: above })
    }
  }

  #begun(task: number, time = this.from ?? 0): Line {
    const line = this.of(task)
    if (line.state === 'spawned') {
      line.state = 'begun'
      this.#step(task, 'begin', time, '', 'task')
    }
    return line
  }

  #step(
    task: number,
    type: Step['type'],
    time: number,
    name: string,
    category: Step['category'],
  ): void {
    this.steps.push({ task, type, time, name, category })
  }
}

/** How a wait is called, as in a report. */
export function waitName(kind: string, resource: string | undefined): string {
  return resource === undefined ? kind : `${kind} ${resource}`
}
