import { makeWeb, type HostClass, type WebOptions } from './web.ts'

export interface Scenario extends WebOptions {
  /** Seconds between two requests to a host. */
  readonly delay: number
  /** Pages a second of all machines, and of all databases. */
  readonly machineRate: number
  readonly storeRate: number
  /** Links of a page, and the part of them that stays on its host. */
  readonly links: number
  readonly local: number
  /** Hosts whose first pages are given. */
  readonly seeds: number
  /** Pages of one host that are fetched at most. */
  readonly perHost: number
}

/** How it stands at the end of a step. */
export interface Moment {
  readonly days: number
  readonly fetched: number
  readonly known: number
  /** Hosts that have something queued. */
  readonly active: number
  /** Pages a second, in the step. */
  readonly rate: number
  /** What the rate was bounded by. */
  readonly bound: 'machines' | 'database' | 'politeness'
}

/** Seconds of a step. */
const step = 3600

/**
 * How a crawl goes, in expectation and hour by hour. A page that is fetched has links: local ones to pages of its host, others to
 * pages of any, each of which is news with the probability that it is not known yet. No chance, so a run is always the same.
 */
export function* simulate(scenario: Scenario): Generator<Moment, void> {
  const { delay, machineRate, storeRate, links, local, seeds, perHost } = scenario
  const { classes } = makeWeb(scenario)
  const total = sum(classes, pagesOf)
  for (const each of classes) each.known = each.found = (seeds * each.hosts) / scenario.hosts
  const wanted = (each: HostClass): number => each.hosts * Math.min(each.size, perHost)
  for (let at = step; ; at += step) {
    const open = classes.map((each) =>
      Math.max(0, Math.min(each.known, wanted(each)) - each.fetched),
    )
    // Where less is queued than there are hosts, one each has it at the most.
    const active = classes.map((each, k) => Math.min(each.hosts, open[k] ?? 0))
    const polite = active.map((hosts, k) => Math.min(open[k] ?? 0, (hosts * step) / delay))
    const may = polite.reduce((a, b) => a + b, 0)
    const most = Math.min(machineRate, storeRate) * step
    const part = may === 0 ? 0 : Math.min(1, most / may)
    const fetched = polite.map((pages) => pages * part)
    for (const [k, each] of classes.entries()) each.fetched += fetched[k] ?? 0
    const everywhere = fetched.reduce((a, b) => a + b, 0) * links * (1 - local)
    for (const [k, each] of classes.entries()) {
      const fromOthers = everywhere * (pagesOf(each) / total)
      const before = each.found
      each.found = each.hosts - (each.hosts - before) * Math.exp(-fromOthers / each.hosts)
      // Links to any page of hosts that are found: those that none of them hits stay unknown.
      const reached = each.found * each.size
      const hits = fromOthers + (fetched[k] ?? 0) * links * local
      const known = each.known + each.found - before
      each.known = Math.max(known, reached - (reached - known) * Math.exp(-hits / reached))
    }
    const all = sum(classes, (each) => each.fetched)
    const rate = (may * part) / step
    yield {
      days: at / 86_400,
      fetched: all,
      known: sum(classes, (each) => each.known),
      active: active.reduce((a, b) => a + b, 0),
      rate,
      bound: part === 1 ? 'politeness' : machineRate < storeRate ? 'machines' : 'database',
    }
    if (may < 0.5) return
  }
}

function pagesOf({ hosts, size }: HostClass): number {
  return hosts * size
}

function sum(classes: readonly HostClass[], of: (each: HostClass) => number): number {
  return classes.reduce((all, each) => all + of(each), 0)
}
