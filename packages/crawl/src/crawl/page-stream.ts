import { ClosedError, Event, openGroup, Queue, shield, type TaskGroup } from 'corral'
import type { CrawlPage } from './crawl-page.ts'
import type { CrawlProgress } from './crawl-progress.ts'

interface Offer<T, Item> {
  readonly page: CrawlPage<T, Item>
  /** Set when the loop has done with it. */
  readonly taken: Event
}

/** A crawl that hands its pages to `offer`, which may wait. */
export type Crawling<T, Item> = (
  offer: (page: CrawlPage<T, Item>) => Promise<void>,
) => PromiseLike<CrawlProgress>

/**
 * The pages of a crawl for one `for await` loop. The crawl runs beside the loop, and at most as far ahead of it as
 * requests may be in flight. A page is stored when the loop asks for the next one.
 *
 * Cancellation: ends the crawl, and throws when it has ended. Leaving the loop does the same without an error.
 */
export class PageStream<T, Item> implements AsyncIterator<
  CrawlPage<T, Item>,
  CrawlProgress | undefined
> {
  readonly #crawling: Crawling<T, Item>
  readonly #offers = new Queue<Offer<T, Item>>({ name: 'pages' })
  #group: (TaskGroup & AsyncDisposable) | undefined
  #current: Offer<T, Item> | undefined
  #result: CrawlProgress | undefined
  #over = false

  constructor(crawling: Crawling<T, Item>) {
    this.#crawling = crawling
  }

  async next(): Promise<IteratorResult<CrawlPage<T, Item>, CrawlProgress | undefined>> {
    if (this.#over) return { done: true, value: this.#result }
    const group = (this.#group ??= this.#start())
    this.#current?.taken.set()
    try {
      this.#current = await this.#offers.get()
      return { done: false, value: this.#current.page }
    } catch (error) {
      // A loop whose `next` throws does not call `return`.
      if (!(error instanceof ClosedError)) {
        await this.return()
        throw error
      }
    }
    this.#over = true
    await group.join()
    return { done: true, value: this.#result }
  }

  async return(): Promise<IteratorResult<CrawlPage<T, Item>, CrawlProgress | undefined>> {
    this.#over = true
    const group = this.#group
    this.#group = undefined
    if (group !== undefined) await shield(() => group[Symbol.asyncDispose]())
    return { done: true, value: undefined }
  }

  #start(): TaskGroup & AsyncDisposable {
    const group = openGroup({ name: 'crawl' })
    group.spawn(() => this.#run(), { name: 'crawl' })
    return group
  }

  async #run(): Promise<void> {
    try {
      this.#result = await this.#crawling((page) => this.#offer(page))
    } finally {
      this.#offers.close()
    }
  }

  async #offer(page: CrawlPage<T, Item>): Promise<void> {
    const taken = new Event()
    await this.#offers.put({ page, taken })
    await taken.wait()
  }
}
