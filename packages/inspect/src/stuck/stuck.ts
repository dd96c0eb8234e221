import {
  report,
  requireDuration,
  requireFunction,
  requireOptions,
  snapshot,
  statsOf,
} from 'corral/lowlevel'
import type { ScopeNode } from 'corral/lowlevel'
import { outside } from '../outside.ts'
import { currentRoot, walk } from '../tree.ts'
import { watchedResources } from '../watch.ts'
import { describeStuck } from './describe-stuck.ts'
import { findStuck, maySuffer } from './find-stuck.ts'
import type { StuckReport } from './find-stuck.ts'
import { Growth } from './growth.ts'

export interface StuckOptions {
  /** A wait is too long from then on, in milliseconds. Default 30 000. */
  readonly after?: number
  /** How often it is looked, in milliseconds. Default a third of `after`; more seldom where a look takes long. */
  readonly every?: number
  /** What becomes of a report. Unless given it is printed on stderr. */
  readonly onStuck?: (report: StuckReport) => void
}

const { clearTimeout, setTimeout } = globalThis

/** Looks take no more than this share of the time. */
const SHARE = 0.01

/**
 * Reports tasks that are stuck while the rest of the program lives: waits over `after` milliseconds for something that somebody
 * holds or must give, knots of tasks that wait for each other, and queues being watched that only grow. What many tasks
 * of one sort have in common is one report, and it is made once, as long as it goes on.
 *
 * Waits for work, for time and for children are no trouble, however long they take.
 *
 * @example
 * using looking = stuck({ after: 10_000, onStuck: (it) => log.warn(it, describeStuck(it)) })
 * @see Go's and Java's deadlock detectors, which see the death of all, or of threads
 */
export function stuck(options: StuckOptions = {}): Disposable {
  requireOptions('stuck', options)
  const { after = 30_000, every = after / 3, onStuck = printed } = options
  requireDuration('stuck: after', after)
  requireDuration('stuck: every', every)
  requireFunction('stuck: onStuck', onStuck)
  const lookout = new Lookout(currentRoot(), after, onStuck)
  let timer: NodeJS.Timeout | undefined
  const again = (wait: number): void => {
    timer = setTimeout(look, wait).unref()
  }
  const look = (): void => {
    const begun = performance.now()
    lookout.look()
    again(Math.max(every, (performance.now() - begun) / SHARE))
  }
  outside(again, every)
  return { [Symbol.dispose]: () => clearTimeout(timer) }
}

function printed(it: StuckReport): void {
  process.stderr.write(`${describeStuck(it)}\n`)
}

/** Looks for what is stuck, and tells what it has not told already. */
export class Lookout {
  readonly #root: ScopeNode
  readonly #after: number
  readonly #onStuck: (report: StuckReport) => void
  readonly #growth = new Growth()
  #told = new Set<string>()

  constructor(root: ScopeNode, after: number, onStuck: (report: StuckReport) => void) {
    this.#root = root
    this.#after = after
    this.#onStuck = onStuck
  }

  look(): void {
    const now = this.#root.runtime.clock.now()
    // Most of the time there is nothing, and a snapshot need not be made.
    const found = this.#mayBeStuck(now) ? findStuck(snapshot(this.#root), now, this.#after) : []
    const told = new Set<string>()
    for (const it of found) {
      const key = keyOf(it)
      told.add(key)
      if (!this.#told.has(key)) this.#tell(it)
    }
    this.#told = told
    for (const it of this.#growing()) this.#tell(it)
  }

  #mayBeStuck(now: number): boolean {
    let old = false
    walk(this.#root, {
      wait: ({ kind, since }) => !(old = now - since >= this.#after && maySuffer(kind)),
    })
    return old
  }

  #growing(): StuckReport[] {
    const sizes = new Map<string, number>()
    for (const [name, resource] of watchedResources()) {
      const size = statsOf(resource)?.size
      if (size !== undefined) sizes.set(name, size)
    }
    return this.#growth.look(sizes).map((name) => ({
      why: 'grows',
      certain: false,
      name,
      kind: undefined,
      resource: name,
      count: sizes.get(name) ?? 0,
      tasks: [],
      longest: 0,
    }))
  }

  #tell(it: StuckReport): void {
    try {
      this.#onStuck(it)
    } catch (error) {
      report(error)
    }
  }
}

function keyOf({ why, name, kind, resource, tasks }: StuckReport): string {
  if (why !== 'knot') return [why, name, kind, resource].join('\0')
  return ['knot', ...tasks.map(({ id }) => id).sort((a, b) => a - b)].join(' ')
}
