import type { CrawlPage } from './crawl-page.ts'
import type { CrawlProgress } from './crawl-progress.ts'
import { PageStream } from './page-stream.ts'

/** Runs a crawl; who is given is handed every page when its handler is done with it. */
type Start<T, Item> = (
  offer: ((page: CrawlPage<T, Item>) => Promise<void>) | undefined,
) => Promise<CrawlProgress>

/**
 * A crawl that begins when it is awaited, or when its pages are asked for. Awaited it gives how far it came.
 *
 * `for await` gives every page before it is stored: it is stored when the loop asks for the next one, so the page at
 * which a loop was left comes again when the crawl goes on. The crawl runs ahead of the loop by as many pages as requests
 * may be in flight, and no further.
 *
 * Cancellation: requests in flight are closed, what has been handled is stored, and `Cancelled` is thrown.
 *
 * @example
 * for await (const page of crawl({ seeds, store: 'crawl.db' })) console.log(page.title)
 */
export class CrawlRun<T, Item = unknown>
  implements PromiseLike<CrawlProgress>, AsyncIterable<CrawlPage<T, Item>>
{
  readonly #start: Start<T, Item>
  #result: Promise<CrawlProgress> | undefined

  /** Made by `crawl`. */
  constructor(start: Start<T, Item>) {
    this.#start = start
  }

  then<A = CrawlProgress, B = never>(
    onFulfilled?: ((progress: CrawlProgress) => A | PromiseLike<A>) | null,
    onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    this.#result ??= this.#start(undefined)
    return this.#result.then(onFulfilled, onRejected)
  }

  [Symbol.asyncIterator](): AsyncIterator<CrawlPage<T, Item>, CrawlProgress | undefined> {
    return new PageStream<T, Item>((offer) => this.#start(offer))
  }

  /** The items of its pages, as they come: a page is stored when the loop asks for what follows its last item. */
  async *items(): AsyncGenerator<Item, void> {
    for await (const page of this) yield* page.items
  }

  get [Symbol.toStringTag](): string {
    return 'CrawlRun'
  }
}
