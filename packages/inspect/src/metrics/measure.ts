import { nameOf, statsOf } from 'corral/lowlevel'
import type { ScopeNode } from 'corral/lowlevel'
import { nameStem } from '../name-stem.ts'
import { printable } from '../printable.ts'
import { walk } from '../tree.ts'
import { watchedResources } from '../watch.ts'

/** One number, with the labels it is told by. */
export interface Sample {
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

/** What the numbers of a program are called. */
export interface Measurements {
  /** Tasks that have not ended, by the stem of their names. */
  readonly tasks: readonly Sample[]
  /** Tasks that wait, by the call and the name of the resource. */
  readonly waiting: readonly Sample[]
  /** How long the longest of those has waited, in seconds. */
  readonly longestWait: readonly Sample[]
  /** Of the resources that are watched: how much is in them, how much may be, is held, and waits in line. */
  readonly size: readonly Sample[]
  readonly capacity: readonly Sample[]
  readonly held: readonly Sample[]
  readonly line: readonly Sample[]
}

// At most 1 000 series: these, one `other` of each, and those of the event loop.
const TASKS = 400
const WAITS = 200
const RESOURCES = 40

/** Counts what there is at this moment. It costs one step for each task and wait. */
export function measure(root: ScopeNode): Measurements {
  const now = root.runtime.clock.now()
  const tasks = new Groups(TASKS)
  const waits = new Groups(WAITS)
  walk(root, {
    task: ({ name }) => tasks.add(nameStem(name), 0),
    wait({ kind, resource, since }) {
      const name = resource === undefined ? undefined : nameOf(resource)
      waits.add(`${kind}\0${name ?? ''}`, (now - since) / 1000)
    },
  })
  const wait = (pick: (group: Group) => number): Sample[] =>
    waits.top().map(([key, group]) => {
      const [kind = '', resource = ''] = key.split('\0')
      return {
        labels: { kind: printable(kind), resource: printable(resource) },
        value: pick(group),
      }
    })
  const numbers = [...watchedResources()].slice(0, RESOURCES)
  const of = (field: 'size' | 'capacity' | 'held' | 'waiting'): Sample[] =>
    numbers.flatMap(([name, resource]) => {
      const value = statsOf(resource)?.[field]
      return value === undefined ? [] : [{ labels: { resource: printable(name) }, value }]
    })
  return {
    tasks: tasks.top().map(([name, { count }]) => ({
      labels: { name: printable(name) },
      value: count,
    })),
    waiting: wait(({ count }) => count),
    longestWait: wait(({ longest }) => longest),
    size: of('size'),
    capacity: of('capacity'),
    held: of('held'),
    line: of('waiting'),
  }
}

interface Group {
  count: number
  longest: number
}

/** Counts by key. The largest have a name of their own, the rest is `other`. */
class Groups {
  readonly #groups = new Map<string, Group>()
  readonly #most: number

  constructor(most: number) {
    this.#most = most
  }

  add(key: string, seconds: number): void {
    const group = this.#groups.get(key)
    if (group === undefined) this.#groups.set(key, { count: 1, longest: seconds })
    else {
      group.count += 1
      group.longest = Math.max(group.longest, seconds)
    }
  }

  top(): [string, Group][] {
    const all = [...this.#groups]
    if (all.length <= this.#most) return all
    all.sort(([, a], [, b]) => b.count - a.count)
    const other = { count: 0, longest: 0 }
    for (const [, { count, longest }] of all.splice(this.#most)) {
      other.count += count
      other.longest = Math.max(other.longest, longest)
    }
    return [...all, ['other', other]]
  }
}
