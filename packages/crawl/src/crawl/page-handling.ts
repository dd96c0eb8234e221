import { taskGroup, throwIfCancelled, timeout } from 'corral'
import { readField, type Field } from '../extract/field.ts'
import { PageNode } from '../extract/page-node.ts'
import type { Failure } from '../fetch/failure.ts'
import type { StoredLink } from '../store/outcome.ts'
import type { CrawlPage } from './crawl-page.ts'
import { madeItem, type ItemOptions } from './item-schema.ts'
import { storedRequest } from './page-request.ts'
import { VisitedPage, type Following, type PageSource } from './visited-page.ts'

export interface PageHandlingOptions<T, Item> extends ItemOptions<Item> {
  readonly extract?: Field<T> | undefined
  readonly onPage?: ((page: CrawlPage<T, Item>) => unknown) | undefined
  readonly handlers?: Readonly<Record<string, (page: CrawlPage<T, Item>) => unknown>> | undefined
  /** Who iterates over the pages: handed each when its handler is done with it. */
  readonly offer?: ((page: CrawlPage<T, Item>) => Promise<void>) | undefined
  readonly handlerErrors?: 'record' | 'throw' | undefined
  /** Milliseconds for the handler of one page. */
  readonly handlerTimeout: number
}

/** What came of it. */
export type Handled =
  | {
      readonly result: 'handled'
      readonly data: string | undefined
      readonly items: readonly string[]
      readonly followed: readonly StoredLink[]
    }
  | { readonly result: 'failure'; readonly failure: Failure }

/** What was extracted. */
export type Extracted =
  | { readonly result: 'extracted'; readonly data: string | undefined }
  | { readonly result: 'failure'; readonly failure: Failure }

/** What is to be done with every page, whatever its data are. */
export interface PageHandler {
  /** Extracts from the text of a page alone. */
  extract(html: string, url: string): Extracted
  handle(source: PageSource, following: Omit<Following, 'handlers'>): Promise<Handled>
}

/** The user's part in every page: what is extracted, and the handlers. */
export class PageHandling<T, Item> implements PageHandler {
  readonly #options: PageHandlingOptions<T, Item>
  readonly #names: ReadonlySet<string>

  constructor(options: PageHandlingOptions<T, Item>) {
    this.#options = options
    this.#names = new Set(Object.keys(options.handlers ?? {}))
  }

  /**
   * Extracts, then calls the handler in a task of its own: what it spawns has ended when this has. What either throws is
   * the page's failure.
   *
   * Cancellation: reaches the handler and all below it; throws `Cancelled` when they have ended.
   *
   * @throws what the handler threw, if that is asked for
   */
  async handle(source: PageSource, following: Omit<Following, 'handlers'>): Promise<Handled> {
    const page = new VisitedPage<T, Item>(source, { ...following, handlers: this.#names })
    const { extract, onPage, handlers = {}, offer } = this.#options
    let data: string | undefined
    if (extract !== undefined) {
      try {
        page.data = page.extract(extract)
        data = jsonOf(page.data)
      } catch (error) {
        return this.#failed('extract', error)
      }
    }
    const { handler: name } = storedRequest(source.entry.request)
    const handler = name === undefined ? onPage : handlers[name]
    if (name !== undefined && handler === undefined) {
      return this.#failed('handler', new Error(`there is no handler ${JSON.stringify(name)}`))
    }
    for (const work of [handler, offer]) {
      if (work === undefined) continue
      try {
        await this.#run(() => work(page), page.url)
      } catch (error) {
        // What a handler throws because it is cancelled may have any name.
        throwIfCancelled()
        return this.#failed('handler', error)
      }
      try {
        await this.#take(page)
      } catch (error) {
        throwIfCancelled()
        return this.#failed('item', error)
      }
    }
    const items = page.items.map((item) => JSON.stringify(item))
    return { result: 'handled', data, items, followed: page.followed }
  }

  extract(html: string, url: string): Extracted {
    const { extract } = this.#options
    if (extract === undefined) return { result: 'extracted', data: undefined }
    try {
      return { result: 'extracted', data: jsonOf(readField(extract, PageNode.parse(html, url))) }
    } catch (error) {
      return this.#failed('extract', error)
    }
  }

  /** Brings the items that were given on their way. */
  async #take(page: VisitedPage<T, Item>): Promise<void> {
    for (const given of page.emitted.splice(0)) {
      const item = await madeItem(given, page, this.#options)
      if (item !== undefined) page.items.push(item)
    }
  }

  async #run(work: () => unknown, url: string): Promise<void> {
    const { handlerTimeout } = this.#options
    const task = (): Promise<void> =>
      taskGroup(async (group) => {
        await group.spawn(async () => await work(), { name: `page ${url}` })
      })
    await (handlerTimeout === Infinity ? task() : timeout(handlerTimeout, task))
  }

  #failed(
    kind: 'extract' | 'handler' | 'item',
    error: unknown,
  ): { readonly result: 'failure'; readonly failure: Failure } {
    if (this.#options.handlerErrors === 'throw') throw error
    const { name, message } =
      error instanceof Error ? error : { name: 'Error', message: String(error) }
    const { code } = (error ?? {}) as { code?: unknown }
    const known = typeof code === 'string' && code !== '' ? code : name
    const failure = { kind, code: known, message: message.slice(0, 500), retryable: false }
    return { result: 'failure', failure }
  }
}

/** Undefined for what JSON has no word for: then there is nothing to store. */
function jsonOf(value: unknown): string | undefined {
  return JSON.stringify(value)
}
