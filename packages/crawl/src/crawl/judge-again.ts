import { createHash } from 'node:crypto'
import { keysOf } from '../extract/record.ts'
import type { Store } from '../store/store.ts'
import { defaultTrapLimits, type TrapLimits } from '../url/trap.ts'
import type { Scope } from '../url/scope.ts'
import type { CrawlOptions } from './crawl-options.ts'

type Judging = Pick<
  CrawlOptions,
  'scope' | 'traps' | 'canonical' | 'followKinds' | 'obeyRobots' | 'connect'
>

/** URLs that are looked at in one piece. */
const batch = 5000

/**
 * Queues what earlier runs skipped and this one would not: what a robots.txt forbade is asked again in any case, since it may
 * say something else by now; the rest when options or starts are others than those of the run before.
 *
 * @param isNew whether they are
 */
export async function judgeAgain(
  store: Pick<Store, 'counts' | 'skipped' | 'unskip' | 'retryRefused'>,
  options: Judging,
  scope: Scope,
  isNew: boolean,
): Promise<void> {
  if (isNew && store.counts.failed > 0) await store.retryRefused()
  if (store.counts.skipped === 0) return
  const traps = { ...defaultTrapLimits, ...options.traps }
  for (let after = 0; ;) {
    const found = await store.skipped(after, batch, isNew ? undefined : 'robots')
    const free = found.filter(({ url, depth, reason }) => {
      switch (reason) {
        case 'robots':
          return true
        case 'nofollow':
          return false
        case 'trap':
          return hasNoEnd(traps)
        case 'canonical':
          return options.canonical !== 'prefer'
        case 'kind':
          return options.followKinds === undefined
        default:
          return scope(url, depth) === undefined
      }
    })
    if (free.length > 0) await store.unskip(free.map(({ id }) => id))
    const last = found.at(-1)
    if (last === undefined || found.length < batch) return
    after = last.id
  }
}

function hasNoEnd({ maxSuspects, maxVariants }: TrapLimits): boolean {
  return maxSuspects === Infinity && maxVariants === Infinity
}

/** A hash of what decides which URLs are followed. */
export function judgementOf(options: Judging, starts: readonly string[]): number {
  const { scope, traps, canonical, followKinds, obeyRobots, connect } = options
  return hashOf([
    starts.toSorted(),
    { ...scope, include: scope?.include?.map(String), exclude: scope?.exclude?.map(String) },
    // JSON has no word for Infinity.
    Object.entries(traps ?? {}).map(String),
    [canonical, followKinds, obeyRobots, connect?.allowAddress !== undefined],
  ])
}

/** A hash of what is kept of pages beyond the pages themselves; 0 for nothing. */
export function extractionOf({
  extract,
  extractVersion = '',
  keep,
}: Pick<CrawlOptions, 'extract' | 'extractVersion' | 'keep'>): number {
  if (extract === undefined && keep === undefined) return 0
  const fields = extract === undefined ? [] : [keysOf(extract), extractVersion]
  return hashOf(keep === undefined ? fields : [...fields, keep])
}

/** What is remembered of a value: a number that a table of counts can hold. */
function hashOf(value: unknown): number {
  return createHash('sha256').update(JSON.stringify(value)).digest().readUIntBE(0, 6)
}
