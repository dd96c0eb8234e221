import { recordEvents, Redactor, type Attached, type TaskRow } from '@corral/inspect/attach'
import { Lock } from 'corral'
import { CpuProfile, type FlameNode } from './cpu-profile.ts'
import { ReadingWords } from './describe-wait.ts'
import { LiveView, type Look, type StemRow } from './live-view.ts'
import { framesOf } from './stack-text.ts'
import { timelineOf } from './timeline.ts'

/** What the page is sent, whole each time. */
export type DashboardUpdate = Readonly<Record<string, unknown>>

// An update stays below 20 kB.
const mostLines = 40
const mostResources = 20
const mostPoints = 120
const mostFlame = 100
const mostIncidents = 10
const mostOldest = 20
/** A loop that is later than this is an incident. */
const late = 100
/** Children of one task that are listed. */
const mostChildren = 200

/** What the page of a process shows; everything is summed up here, so that an update stays small. */
export class InspectDashboard {
  readonly #target: Attached
  readonly #view: LiveView
  readonly #redactor: Redactor | undefined
  readonly #lock = new Lock({ name: 'dashboard' })
  readonly #loop: (readonly [at: number, busy: number, delay: number, tasks: number])[] = []
  readonly #incidents: { at: number; ms: number; stack: string }[] = []
  readonly #profile = new CpuProfile()
  #last: Look | undefined
  #start = 0

  constructor(target: Attached, redact: boolean) {
    this.#target = target
    this.#view = new LiveView(target, true, redact)
    this.#redactor = redact ? new Redactor() : undefined
  }

  pause(every: number): number {
    return this.#view.pause(every)
  }

  /** Looks once more. */
  async look(): Promise<void> {
    using permit = await this.#lock.acquire()
    void permit
    const look = await this.#view.look()
    const { pulse, reading, sampled } = look
    this.#start ||= reading.at
    this.#last = look
    this.#profile.add(sampled, (name) => this.#redactor?.name(name) ?? name)
    const at = Math.round((reading.at - this.#start) / 100) / 10
    this.#loop.push([at, Math.round(100 * pulse.busy), Math.round(pulse.delay.max), reading.tasks])
    if (this.#loop.length > mostPoints) this.#loop.shift()
    if (pulse.delay.max >= late) {
      const [hottest] = sampled.stacks.toSorted(([, a], [, b]) => b - a)
      const way = hottest?.[0].split(';') ?? []
      const stack = [...way.filter((name) => name.startsWith('[')).slice(-2), ...way.slice(-3)]
      const own =
        this.#redactor === undefined ? stack : stack.filter((name) => !name.startsWith('['))
      this.#incidents.unshift({
        at: reading.at,
        ms: Math.round(pulse.delay.max),
        stack: [...new Set(own)].join(' > '),
      })
      this.#incidents.length = Math.min(this.#incidents.length, mostIncidents)
    }
  }

  get state(): DashboardUpdate | undefined {
    const look = this.#last
    if (look === undefined) return undefined
    const { pid, hello, connection } = this.#target
    const { pulse, reading, stems, waits, resources, knots, cost } = look
    return {
      pid,
      title: this.#redactor === undefined ? hello.script : '',
      version: hello.version,
      ended: connection?.ended === true,
      uptime: Math.round(hello.uptime * 1000 + (reading.at - this.#start)),
      at: reading.at,
      tasks: reading.tasks,
      busy: pulse.busy,
      delay: pulse.delay,
      spawned: pulse.spawned / Math.max(0.001, pulse.ms / 1000),
      heap: pulse.heapUsed,
      rss: pulse.rss,
      cost,
      copies: reading.copies.length,
      knots,
      waits: waits.slice(0, mostLines).map(({ task: _task, longest, ...wait }) => ({
        ...wait,
        longest: Math.round(longest),
      })),
      moreWaits: Math.max(0, waits.length - mostLines),
      resources: resources
        .slice(0, mostResources)
        .map(({ size: _size, capacity: _capacity, points, ...each }) => ({
          ...each,
          points: points.slice(-40),
        })),
      stems: stems.slice(0, mostLines).map(roundStem),
      loop: this.#loop,
      incidents: this.#incidents,
      flame: flameRows(this.#profile.root),
      samples: this.#profile.samples,
      idle: this.#profile.idle,
      refused: this.#profile.refused,
      leaks: stems
        .filter(({ growth }) => growth > 0)
        .toSorted((a, b) => b.growth - a.growth)
        .slice(0, 20)
        .map(roundStem),
      oldest: oldestTasks(reading.rows, new ReadingWords(reading), reading.at),
    }
  }

  /** The tasks right below one, or the top ones. */
  async children(input: unknown): Promise<unknown> {
    const { ref } = (input ?? {}) as { ref?: number }
    using permit = await this.#lock.acquire()
    void permit
    const whole = await this.#target.read(20_000)
    const reading = this.#redactor?.reading(whole) ?? whole
    const words = new ReadingWords(reading)
    const below = reading.rows.filter(({ parent }) => parent === ref)
    return {
      total:
        ref === undefined ? below.length : reading.rows.find((row) => row.ref === ref)?.children,
      tasks: below.slice(0, mostChildren).map((row) => taskOf(row, words, reading.at)),
    }
  }

  /** Where a task stands. */
  async stack(input: unknown): Promise<unknown> {
    const { ref } = (input ?? {}) as { ref?: number }
    if (typeof ref !== 'number') throw new TypeError('stack: ref must be a number')
    using permit = await this.#lock.acquire()
    void permit
    const [lines = []] = await this.#target.stacks([ref])
    return { frames: framesOf(lines) }
  }

  /** What happens in the next seconds. */
  async timeline(input: unknown): Promise<unknown> {
    const { seconds = 2 } = (input ?? {}) as { seconds?: number }
    using permit = await this.#lock.acquire()
    void permit
    const recording = await recordEvents(this.#target, Math.min(30, Math.max(0.1, seconds)) * 1000)
    return timelineOf(recording, (name) => this.#redactor?.name(name) ?? name)
  }
}

function tenths(value: number): number {
  return Math.round(value * 10) / 10
}

function roundStem({ cpu, spawned, oldest, growth, ...row }: StemRow): StemRow {
  return {
    ...row,
    cpu: cpu === undefined ? undefined : tenths(cpu),
    spawned: tenths(spawned),
    oldest: oldest === undefined ? undefined : Math.round(oldest),
    growth: tenths(growth),
  }
}

function taskOf(row: TaskRow, words: ReadingWords, at: number): object {
  const [wait] = row.waits
  return {
    ref: row.ref,
    name: words.task(row.ref),
    status: row.status,
    children: row.children,
    waitsFor: wait === undefined ? '' : words.wait(wait.kind, wait.resource),
    since: wait === undefined ? undefined : Math.max(0, Math.round(at - wait.since)),
    held: wait === undefined ? '' : words.held(wait.resource),
    deadline:
      row.deadline === undefined || row.deadline === 0 ? undefined : Math.round(row.deadline - at),
  }
}

/** By number: the lower, the older. Those of the program itself come first. */
function oldestTasks(rows: readonly TaskRow[], words: ReadingWords, at: number): object[] {
  return rows
    .toSorted((a, b) => a.ref - b.ref)
    .slice(0, mostOldest)
    .map((row) => taskOf(row, words, at))
}

/** The largest parts of a flame, each with its depth, in the order in which they are drawn. */
function flameRows(root: FlameNode): (readonly [depth: number, name: string, count: number])[] {
  const rows: [number, string, number][] = []
  const least = root.count / 200
  const rest: [FlameNode, number][] = [...root.below.values()]
    .toSorted((a, b) => b.count - a.count)
    .map((node) => [node, 0])
  for (
    let next = rest.shift();
    next !== undefined && rows.length < mostFlame;
    next = rest.shift()
  ) {
    const [node, depth] = next
    if (node.count < least || depth > 40) continue
    rows.push([depth, node.name, node.count])
    const below = [...node.below.values()].toSorted((a, b) => b.count - a.count)
    rest.unshift(...below.map((each): [FlameNode, number] => [each, depth + 1]))
  }
  return rows
}
