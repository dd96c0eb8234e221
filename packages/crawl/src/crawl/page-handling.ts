import { taskGroup, throwIfCancelled, timeout } from 'corral'
import type { Field } from '../extract/field.ts'
import type { Failure } from '../fetch/failure.ts'
import type { ReadPage } from '../page/read-page.ts'
import type { FrontierEntry, StoredLink, StoredPage } from '../store/outcome.ts'
import type { CrawlPage } from './crawl-page.ts'
import { VisitedPage } from './visited-page.ts'

export interface PageHandlingOptions<T> {
  readonly extract?: Field<T> | undefined
  readonly onPage?: ((page: CrawlPage<T>) => unknown) | undefined
  readonly handlerErrors?: 'record' | 'throw' | undefined
  /** Milliseconds for the handler of one page. */
  readonly handlerTimeout: number
}

/** What came of it. */
export type Handled =
  | { readonly result: 'handled'; readonly data: string | undefined }
  | { readonly result: 'failure'; readonly failure: Failure }

/** What is to be done with every page, whatever its data are. */
export interface PageHandler {
  handle(
    entry: FrontierEntry,
    page: StoredPage,
    links: readonly StoredLink[],
    read: ReadPage | undefined,
  ): Promise<Handled>
}

/** The user's part in every page: what is extracted, and the handler. */
export class PageHandling<T> implements PageHandler {
  readonly #options: PageHandlingOptions<T>

  constructor(options: PageHandlingOptions<T>) {
    this.#options = options
  }

  /**
   * Extracts, then calls the handler in a task of its own: what it spawns has ended when this has. What either throws is
   * the page's failure.
   *
   * Cancellation: reaches the handler and all below it; throws `Cancelled` when they have ended.
   *
   * @throws what the handler threw, if that is asked for
   */
  async handle(
    entry: FrontierEntry,
    stored: StoredPage,
    links: readonly StoredLink[],
    read: ReadPage | undefined,
  ): Promise<Handled> {
    const page = new VisitedPage<T>(entry, stored, links, read)
    const { extract, onPage } = this.#options
    let data: string | undefined
    if (extract !== undefined) {
      try {
        page.data = page.extract(extract)
        // Undefined for what JSON has no word for: then there is nothing to store.
        data = JSON.stringify(page.data) as string | undefined
      } catch (error) {
        return this.#failed('extract', error)
      }
    }
    if (onPage !== undefined) {
      try {
        await this.#run(() => onPage(page), page.url)
      } catch (error) {
        // What a handler throws because it is cancelled may have any name.
        throwIfCancelled()
        return this.#failed('handler', error)
      }
    }
    return { result: 'handled', data }
  }

  async #run(work: () => unknown, url: string): Promise<void> {
    const { handlerTimeout } = this.#options
    const task = (): Promise<void> =>
      taskGroup(async (group) => {
        await group.spawn(async () => await work(), { name: `page ${url}` })
      })
    await (handlerTimeout === Infinity ? task() : timeout(handlerTimeout, task))
  }

  #failed(kind: 'extract' | 'handler', error: unknown): Handled {
    if (this.#options.handlerErrors === 'throw') throw error
    const { name, message } =
      error instanceof Error ? error : { name: 'Error', message: String(error) }
    const { code } = (error ?? {}) as { code?: unknown }
    const known = typeof code === 'string' && code !== '' ? code : name
    const failure = { kind, code: known, message: message.slice(0, 500), retryable: false }
    return { result: 'failure', failure }
  }
}
