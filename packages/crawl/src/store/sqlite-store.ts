import { Worker } from 'node:worker_threads'
import { Future, shield } from 'corral'
import { packOutcomes } from './outcome-packing.ts'
import type {
  FrontierEntry,
  Jar,
  Noted,
  Outcome,
  RedirectOf,
  Seed,
  SkippedUrl,
  StoreCounts,
  StoredBody,
  StoredRecord,
} from './outcome.ts'
import type { StoreEngineOptions } from './store-engine.ts'
import type { Store } from './store.ts'
import { StoreError, type StoreErrorCode } from './store-error.ts'
import type { StoreCall, StoreReply } from './store-protocol.ts'

/** A store in a file, with a thread that writes it. Calls are served in the order in which they were made. */
export class SqliteStore implements Store {
  readonly file: string
  readonly #worker: Worker
  readonly #pending = new Map<number, Future<unknown>>()
  #lastId = 0
  #counts: StoreCounts = { queued: 0, pages: 0, failed: 0, skipped: 0, bytes: 0, failures: {} }
  #state: 'open' | 'closing' | 'closed' = 'open'

  constructor(file: string, options: StoreEngineOptions) {
    this.file = file
    // The file's own ending: .ts where Node strips the types, .js when built. No flag of this process, no console of ours.
    const script = import.meta.url.endsWith('.ts') ? './store-worker.ts' : './store-worker.js'
    this.#worker = new Worker(new URL(script, import.meta.url), {
      workerData: { file, options: { ...options } },
      execArgv: [],
      // What it allocates dies at once: a larger nursery buys nothing but memory.
      resourceLimits: { maxYoungGenerationSizeMb: 12 },
      name: 'corral-store',
    })
    // What keeps the process alive is a call that waits, not the thread.
    this.#worker.unref()
    this.#worker.on('message', (reply: StoreReply) => this.#settle(reply))
    this.#worker.on('error', (error) => this.#fail(error))
    this.#worker.on('exit', () => this.#fail(undefined))
  }

  get counts(): StoreCounts {
    return this.#counts
  }

  async open(): Promise<void> {
    try {
      await this.#changing({ op: 'open' })
    } catch (error) {
      this.#state = 'closed'
      await this.#worker.terminate()
      throw error
    }
  }

  async seed(urls: readonly (string | Seed)[]): Promise<void> {
    await this.#changing({ op: 'seed', urls })
  }

  async seedSitemaps(urls: readonly string[], before = 0): Promise<void> {
    await this.#changing({ op: 'seedSitemaps', urls, before })
  }

  async refresh(before: number): Promise<void> {
    await this.#changing({ op: 'refresh', before })
  }

  async retryFailed(): Promise<void> {
    await this.#changing({ op: 'retryFailed' })
  }

  async retryRefused(): Promise<void> {
    await this.#changing({ op: 'retryRefused' })
  }

  async skipped(after: number, limit: number, reason?: string): Promise<SkippedUrl[]> {
    return (await this.#call({ op: 'skipped', after, limit, reason })) as SkippedUrl[]
  }

  async unskip(ids: readonly number[]): Promise<void> {
    await this.#changing({ op: 'unskip', ids })
  }

  async note(judgement: number | undefined, extraction: number, at: number): Promise<Noted> {
    return (await this.#call({ op: 'note', judgement, extraction, at })) as Noted
  }

  async bodyOf(id: number): Promise<StoredBody | undefined> {
    return (await this.#call({ op: 'bodyOf', id })) as StoredBody | undefined
  }

  async keepRecords(records: readonly StoredRecord[]): Promise<void> {
    await this.#changing({ op: 'keepRecords', records })
  }

  async cookies(): Promise<Jar[]> {
    return (await this.#call({ op: 'cookies' })) as Jar[]
  }

  async keepCookies(jars: readonly Jar[]): Promise<void> {
    await this.#call({ op: 'keepCookies', jars })
  }

  async redirectsOf(urls: readonly string[]): Promise<RedirectOf[]> {
    return (await this.#call({ op: 'redirectsOf', urls })) as RedirectOf[]
  }

  async commit(outcomes: readonly Outcome[]): Promise<void> {
    if (outcomes.length === 0) return
    await this.#changing({ op: 'commit', outcomes: packOutcomes(outcomes) })
  }

  async claim(limit: number, perOrigin: number): Promise<FrontierEntry[]> {
    return (await this.#call({ op: 'claim', limit, perOrigin })) as FrontierEntry[]
  }

  /** Ends what was asked before, then the thread. Idempotent. */
  async close(): Promise<void> {
    if (this.#state !== 'open') return
    const closing = this.#call({ op: 'close' })
    this.#state = 'closing'
    try {
      await closing
    } finally {
      this.#state = 'closed'
      await this.#worker.terminate()
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  async #changing(call: StoreCall): Promise<void> {
    this.#counts = (await this.#call(call)) as StoreCounts
  }

  /** Waits for the reply whatever is cancelled: what was asked is done, and the caller must know. */
  async #call(call: StoreCall): Promise<unknown> {
    if (this.#state !== 'open') {
      const message = `store ${this.file} is closed; open it again`
      throw new StoreError('STORE_FAILED', this.file, message)
    }
    const reply = new Future<unknown>()
    const id = ++this.#lastId
    if (this.#pending.size === 0) this.#worker.ref()
    this.#pending.set(id, reply)
    this.#worker.postMessage({ id, call }, [])
    return await shield(() => reply.wait())
  }

  #settle({ id, result, error }: StoreReply): void {
    const pending = this.#pending.get(id)
    this.#pending.delete(id)
    if (this.#pending.size === 0) this.#worker.unref()
    if (error === undefined) {
      pending?.resolve(result)
    } else {
      const cause = Object.assign(new Error(error.message), { stack: error.stack })
      const code = error.code as StoreErrorCode
      pending?.reject(new StoreError(code, this.file, error.message, { cause }))
    }
  }

  /** The thread is gone: whoever still waits must hear of it. */
  #fail(cause: unknown): void {
    this.#state = 'closed'
    const waiting = [...this.#pending.values()]
    this.#pending.clear()
    for (const reply of waiting) {
      const message = `store ${this.file}: its writer thread ended`
      reply.reject(new StoreError('STORE_FAILED', this.file, message, { cause }))
    }
  }
}
