import { Worker } from 'node:worker_threads'
import { packOutcomes } from './outcome-packing.ts'
import type {
  FrontierEntry,
  Jar,
  Noted,
  Outcome,
  RedirectOf,
  SkippedUrl,
  StoreCounts,
} from './outcome.ts'
import type { StoreEngineOptions } from './store-engine.ts'
import { StoreError, type StoreErrorCode } from './store-error.ts'
import type { StoreCall, StoreReply } from './store-protocol.ts'

export interface StoreOptions extends StoreEngineOptions {}

/**
 * Opens the SQLite file in which a crawl lives, or creates it, with one writer thread. Pages, links, failures and
 * the queue of URLs change together, in transactions that are durable when `commit` settles: whatever ends the
 * process, opening it again goes on where it stood. Anybody may read the file meanwhile; one crawl at a time
 * may write it. Schema: docs/crawl.md.
 *
 * Cancellation: none; opening takes milliseconds, or `lockTimeout` when another program has the file locked.
 *
 * @throws StoreError whose `code` says what is wrong with the file, which is then as it was
 * @example
 * await using store = await openStore('crawl.db')
 * await store.seed(['http://a.test/'])
 */
export async function openStore(file: string, options: StoreOptions = {}): Promise<Store> {
  const store = new Store(file, options)
  await store.open()
  return store
}

interface Pending {
  readonly resolve: (result: unknown) => void
  readonly reject: (error: Error) => void
}

/** A crawl's store. Made by `openStore`. Calls are served in the order in which they were made. */
export class Store implements AsyncDisposable {
  readonly file: string
  readonly #worker: Worker
  readonly #pending = new Map<number, Pending>()
  #lastId = 0
  #counts: StoreCounts = { queued: 0, pages: 0, failed: 0, skipped: 0, bytes: 0, failures: {} }
  #state: 'open' | 'closing' | 'closed' = 'open'

  /** @internal */
  constructor(file: string, options: StoreOptions) {
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

  /** How far the crawl is, as of the last transaction that settled. */
  get counts(): StoreCounts {
    return this.#counts
  }

  /** @internal */
  async open(): Promise<void> {
    try {
      await this.#changing({ op: 'open' })
    } catch (error) {
      this.#state = 'closed'
      await this.#worker.terminate()
      throw error
    }
  }

  /** Queues URLs, normalised, as the start of the crawl, unless they are known; those that failed are tried again. */
  async seed(urls: readonly string[]): Promise<void> {
    await this.#changing({ op: 'seed', urls })
  }

  /**
   * Queues sitemaps to be read, unless they were read already.
   *
   * @param before read again what was read before this time: milliseconds since the epoch
   */
  async seedSitemaps(urls: readonly string[], before = 0): Promise<void> {
    await this.#changing({ op: 'seedSitemaps', urls, before })
  }

  /**
   * Queues pages to be asked for again. What is known of them stays until there is an answer.
   *
   * @param before those fetched before this time: milliseconds since the epoch
   */
  async refresh(before: number): Promise<void> {
    await this.#changing({ op: 'refresh', before })
  }

  /** Queues all URLs that failed again. */
  async retryFailed(): Promise<void> {
    await this.#changing({ op: 'retryFailed' })
  }

  /** Queues all URLs again that failed since an address was not allowed, or a robots.txt could not be had. */
  async retryRefused(): Promise<void> {
    await this.#changing({ op: 'retryRefused' })
  }

  /** URLs that are skipped, for one reason or for all: so many of those after the one with a number. */
  async skipped(after: number, limit: number, reason?: string): Promise<SkippedUrl[]> {
    return (await this.#call({ op: 'skipped', after, limit, reason })) as SkippedUrl[]
  }

  /** Queues URLs that were skipped, by their numbers. */
  async unskip(ids: readonly number[]): Promise<void> {
    await this.#changing({ op: 'unskip', ids })
  }

  /** Notes hashes of what decides about URLs and of what is extracted, and tells whether they are new. */
  async note(judgement: number, extraction: number, at: number): Promise<Noted> {
    return (await this.#call({ op: 'note', judgement, extraction, at })) as Noted
  }

  /** The cookies that earlier runs kept. */
  async cookies(): Promise<Jar[]> {
    return (await this.#call({ op: 'cookies' })) as Jar[]
  }

  async keepCookies(jars: readonly Jar[]): Promise<void> {
    await this.#call({ op: 'keepCookies', jars })
  }

  /** Where URLs were redirected to, one redirect after the other. */
  async redirectsOf(urls: readonly string[]): Promise<RedirectOf[]> {
    return (await this.#call({ op: 'redirectsOf', urls })) as RedirectOf[]
  }

  /** Stores outcomes, and the links and URLs they bring, in one transaction. */
  async commit(outcomes: readonly Outcome[]): Promise<void> {
    if (outcomes.length === 0) return
    await this.#changing({ op: 'commit', outcomes: packOutcomes(outcomes) })
  }

  /**
   * Hands out queued URLs, each once until its outcome is stored or the store is opened again: by depth within an
   * origin, origins in turn, of one origin at most `perOrigin` at a time.
   */
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

  #call(call: StoreCall): Promise<unknown> {
    if (this.#state !== 'open') {
      const message = `store ${this.file} is closed; open it again`
      return Promise.reject(new StoreError('STORE_FAILED', this.file, message))
    }
    const { promise, resolve, reject } = Promise.withResolvers<unknown>()
    const id = ++this.#lastId
    if (this.#pending.size === 0) this.#worker.ref()
    this.#pending.set(id, { resolve, reject })
    this.#worker.postMessage({ id, call }, [])
    return promise
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
    for (const { reject } of waiting) {
      const message = `store ${this.file}: its writer thread ended`
      reject(new StoreError('STORE_FAILED', this.file, message, { cause }))
    }
  }
}
