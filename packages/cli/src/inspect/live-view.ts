import {
  knotsOf,
  Redactor,
  type Attached,
  type GroupRow,
  type Pulse,
  type Reading,
  type Sampled,
} from '@corral/inspect/attach'
import { nameStem } from '@corral/inspect'
import { ReadingWords, resourceText } from './describe-wait.ts'
import { mergedWaits } from './merged-waits.ts'
import { ResourceHistory, type ResourceTrend } from './resource-history.ts'
import { StemHistory } from './stem-history.ts'

/** Tasks with one stem, wherever they are in the tree. */
export interface StemRow {
  readonly stem: string
  readonly count: number
  /** Percent of the main thread; undefined when it could not be sampled. */
  readonly cpu: number | undefined
  readonly spawned: number
  readonly waitsFor: string
  /** How many of them wait for that. */
  readonly line: number
  /** Milliseconds that the longest wait has lasted; undefined when none waits. */
  readonly oldest: number | undefined
  /** `req ×5` */
  readonly heldBy: string
  /** How many more there are than half a minute ago, a minute. */
  readonly growth: number
}

/** One wait of the program, over all groups. */
export interface WaitLine {
  readonly stem: string
  readonly waitsFor: string
  readonly count: number
  readonly longest: number
  readonly task: number
  readonly name: string
  readonly heldBy: string
}

/** What was seen at one look. */
export interface Look {
  readonly reading: Reading
  readonly pulse: Pulse
  readonly sampled: Sampled
  /** Percent of the target's time that looking costs. */
  readonly cost: number
  readonly stems: readonly StemRow[]
  readonly waits: readonly WaitLine[]
  readonly resources: readonly ResourceTrend[]
  readonly knots: readonly string[]
}

/** Tasks listed one by one: who is held responsible is listed besides. */
const rows = 500

/** Looks at a process again and again, and remembers what that takes to say how it changes. */
export class LiveView {
  readonly #target: Attached
  readonly #stacks: boolean
  readonly #redactor: Redactor | undefined
  readonly #resources = new ResourceHistory()
  readonly #stems = new StemHistory()
  #spent = 0

  /** @param stacks whether to sample functions too */
  constructor(target: Attached, stacks: boolean, redact: boolean) {
    this.#target = target
    this.#stacks = stacks
    this.#redactor = redact ? new Redactor() : undefined
  }

  /** Milliseconds to wait so that looking costs 2 % of the target's time at the most. */
  pause(every: number): number {
    return Math.max(every, this.#last * 60) // the next look may cost a little more
  }

  #last = 0

  async look(): Promise<Look> {
    const { connection } = this.#target
    if (connection === undefined) throw new Error('the process has nowhere to put a socket')
    const pulse = await connection.ask<Pulse>('pulse')
    const sampled = await connection.ask<Sampled>('sample', { stacks: this.#stacks })
    const whole = await this.#target.read(rows)
    const reading = this.#redactor?.reading(whole) ?? whole
    this.#last = connection.spent - this.#spent
    this.#spent = connection.spent
    const words = new ReadingWords(reading)
    const stems = stemRows(reading, words, pulse, sampled, this.#redactor)
    this.#stems.add(reading.at, stems)
    this.#resources.add(reading, words)
    return {
      reading,
      pulse,
      sampled,
      cost: pulse.ms > 0 ? (100 * this.#last) / pulse.ms : 0,
      stems: stems.map((row) => ({ ...row, growth: this.#stems.growth(row.stem) })),
      waits: waitLines(reading, words),
      resources: this.#resources.trends(),
      knots: knotsOf(reading)
        .slice(0, 10)
        .map(({ links, certain }) => {
          const names = links.map(({ task }) => words.task(task.id))
          return `${certain ? 'stuck for good' : 'perhaps stuck'}: ${names.join(' → ')}`
        }),
    }
  }
}

function stemRows(
  { groups, at, resources }: Reading,
  words: ReadingWords,
  pulse: Pulse,
  sampled: Sampled,
  redactor: Redactor | undefined,
): StemRow[] {
  const named = (stem: string): string => redactor?.name(stem) ?? stem
  const spawned = new Map(pulse.spawnedByStem.map(([stem, n]) => [named(stem), n]))
  const cpu = new Map(sampled.byStem.map(([stem, n]) => [named(stem), n]))
  const byStem = Map.groupBy(groups, ({ stem }) => stem)
  const seconds = Math.max(0.001, pulse.ms / 1000)
  const all = [...byStem].map(([stem, members]): StemRow => {
    const waits = mergedWaits(
      members.flatMap((group) => group.waits),
      resources,
    )
    const most = largestWait(waits)
    const oldest = waits.reduce((least, { since }) => Math.min(least, since), Infinity)
    return {
      stem,
      count: members.reduce((sum, { count }) => sum + count, 0),
      cpu: cpuOf(cpu.get(stem) ?? 0, sampled),
      spawned: (spawned.get(stem) ?? 0) / seconds,
      waitsFor: most === undefined ? '' : words.wait(most.kind, most.resource),
      line: most?.count ?? 0,
      oldest: oldest === Infinity ? undefined : Math.max(0, at - oldest),
      heldBy: most === undefined ? '' : holdersText(most.resource, words),
      growth: 0,
    }
  })
  const outside = cpu.get('(no task)')
  if (outside !== undefined) {
    all.push({
      stem: '(no task)',
      count: 0,
      cpu: cpuOf(outside, sampled),
      spawned: 0,
      waitsFor: '',
      line: 0,
      oldest: undefined,
      heldBy: '',
      growth: 0,
    })
  }
  return all.toSorted((a, b) => (b.cpu ?? 0) - (a.cpu ?? 0) || b.count - a.count)
}

function cpuOf(count: number, { samples, refused }: Sampled): number | undefined {
  return refused === undefined && samples > 0 ? (100 * count) / samples : undefined
}

/** Waits for the same thing, of several groups, are one. */
function largestWait(waits: GroupRow['waits']): GroupRow['waits'][number] | undefined {
  const sums = new Map<string, GroupRow['waits'][number]>()
  for (const wait of waits) {
    const key = `${wait.kind} ${wait.resource}`
    const before = sums.get(key)
    sums.set(key, { ...wait, count: wait.count + (before?.count ?? 0) })
  }
  return [...sums.values()].toSorted((a, b) => b.count - a.count)[0]
}

/** `req ×5` of the refs of holders. */
function holdersText(index: number, words: ReadingWords): string {
  const resource = words.resourceOf(index)
  if (resource === undefined) return ''
  const names = Map.groupBy(resource.holders, (ref) => nameStem(words.task(ref)))
  const told = [...names].map(([name, refs]) => {
    return refs.length === 1 ? words.task(refs[0] ?? 0) : `${name} ×${refs.length}`
  })
  if (told.length === 0) return resource.holdersUnknown ? 'unknown' : ''
  return `${told.slice(0, 2).join(', ')}${told.length > 2 ? ' …' : ''}`
}

function waitLines({ groups, at, resources }: Reading, words: ReadingWords): WaitLine[] {
  const lines = groups.flatMap((group) =>
    mergedWaits(group.waits, resources).map(({ kind, resource, count, since, task }): WaitLine => {
      const row = resources[resource]
      const what = row === undefined ? '' : resourceText(row)
      return {
        stem: group.count === 1 ? group.name : group.stem,
        waitsFor: what === '' ? kind : `${kind} ${what}`,
        count,
        longest: Math.max(0, at - since),
        task,
        name: words.task(task),
        heldBy: holdersText(resource, words),
      }
    }),
  )
  return lines.toSorted((a, b) => b.longest - a.longest)
}
