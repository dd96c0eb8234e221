import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { GenerationCache } from '../url/generation-cache.ts'
import { defaultTrapLimits, parametersOf, suspicionOf, type TrapLimits } from '../url/trap.ts'
import type { Tally } from './tally.ts'

const manyParameters = 3
const paths = 4096

/** Tells new URLs that lead into a trap. Asked once for each URL, when its row is made, so it costs nothing per link. */
export class TrapDetector {
  readonly #limits: TrapLimits
  readonly #tally: Tally
  readonly #variantsOf: StatementSync
  readonly #variants = new GenerationCache<string, number>(paths)
  readonly #year = new Date().getUTCFullYear()

  constructor(db: DatabaseSync, tally: Tally, limits: Partial<TrapLimits> = {}) {
    this.#tally = tally
    this.#limits = { ...defaultTrapLimits, ...limits }
    this.#variantsOf = db.prepare(
      `SELECT count(*) AS count FROM (SELECT 1 FROM url
         WHERE url >= ?1 || '?' AND url < ?1 || '@' AND url LIKE '%&%&%' AND reason IS NOT 'trap' LIMIT ?2)`,
    )
  }

  /** @param url whose row has just been made */
  catches(url: string): boolean {
    return this.#isSuspect(url) || this.#isOneTooMany(url)
  }

  /** Those that were let in are counted with the store, or each run would let in as many again. */
  #isSuspect(url: string): boolean {
    const suspicion = suspicionOf(url, this.#limits, this.#year)
    if (suspicion === undefined) return false
    const name = `suspects:${suspicion}` as const
    if (this.#tally.of(name) >= this.#limits.maxSuspects) return true
    this.#tally.add(name, 1)
    return false
  }

  forget(): void {
    this.#variants.clear()
  }

  #isOneTooMany(url: string): boolean {
    const { maxVariants } = this.#limits
    const query = url.indexOf('?')
    if (query === -1 || maxVariants === Infinity) return false
    if (parametersOf(url, query) < manyParameters) return false
    const path = url.slice(0, query)
    // The row of this one is there already.
    const known = this.#variants.get(path) ?? this.#count(path) - 1
    if (known >= maxVariants) return true
    this.#variants.set(path, known + 1)
    return false
  }

  #count(path: string): number {
    const { maxVariants } = this.#limits
    return (this.#variantsOf.get(path, maxVariants + 1) as { count: number }).count
  }
}
