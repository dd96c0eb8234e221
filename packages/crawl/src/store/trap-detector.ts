import { GenerationCache } from '../url/generation-cache.ts'
import { defaultTrapLimits, parametersOf, suspicionOf, type TrapLimits } from '../url/trap.ts'

/** Parameters from which on the queries of a path are counted. */
export const manyParameters = 3
const paths = 4096

/** What a store knows of the URLs that are in it. */
export interface TrapRecord {
  /** How many others of a path have many parameters, counted up to a limit. */
  variantsOf(path: string, limit: number): number
  /** How many with something suspicious in common were let in. */
  suspectsOf(suspicion: string): number
  /** Counts one more. */
  admit(suspicion: string): void
}

/** Tells new URLs that lead into a trap. Asked once for each URL, when its row is made, so it costs nothing per link. */
export class TrapDetector {
  readonly #limits: TrapLimits
  readonly #record: TrapRecord
  readonly #variants = new GenerationCache<string, number>(paths)
  readonly #year = new Date().getUTCFullYear()

  constructor(record: TrapRecord, limits: Partial<TrapLimits> = {}) {
    this.#record = record
    this.#limits = { ...defaultTrapLimits, ...limits }
  }

  /** @param url whose row has just been made */
  catches(url: string): boolean {
    return this.#isSuspect(url) || this.#isOneTooMany(url)
  }

  /** What is to be known of the record before some URLs are asked for. */
  asks(url: string): { readonly suspicion?: string; readonly path?: string } {
    const suspicion = suspicionOf(url, this.#limits, this.#year)
    const path = this.#countedPath(url)
    return {
      ...(suspicion === undefined ? {} : { suspicion }),
      ...(path === undefined ? {} : { path }),
    }
  }

  get maxVariants(): number {
    return this.#limits.maxVariants
  }

  forget(): void {
    this.#variants.clear()
  }

  /** Those that were let in are counted with the store, or each run would let in as many again. */
  #isSuspect(url: string): boolean {
    const suspicion = suspicionOf(url, this.#limits, this.#year)
    if (suspicion === undefined) return false
    if (this.#record.suspectsOf(suspicion) >= this.#limits.maxSuspects) return true
    this.#record.admit(suspicion)
    return false
  }

  #isOneTooMany(url: string): boolean {
    const path = this.#countedPath(url)
    if (path === undefined) return false
    const { maxVariants } = this.#limits
    const known = this.#variants.get(path) ?? this.#record.variantsOf(path, maxVariants + 1)
    if (known >= maxVariants) return true
    this.#variants.set(path, known + 1)
    return false
  }

  #countedPath(url: string): string | undefined {
    const query = url.indexOf('?')
    if (query === -1 || this.#limits.maxVariants === Infinity) return undefined
    return parametersOf(url, query) < manyParameters ? undefined : url.slice(0, query)
  }
}
