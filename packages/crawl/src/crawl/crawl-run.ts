import type { CrawlPage } from './crawl-page.ts'
import type { CrawlProgress } from './crawl-progress.ts'
import { PageStream } from './page-stream.ts'

type Handler<T> = (page: CrawlPage<T>) => unknown

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
export class CrawlRun<T> implements PromiseLike<CrawlProgress>, AsyncIterable<CrawlPage<T>> {
  readonly #start: (handler: Handler<T> | undefined) => Promise<CrawlProgress>
  readonly #handler: Handler<T> | undefined
  #result: Promise<CrawlProgress> | undefined

  /** Made by `crawl`. */
  constructor(
    start: (handler: Handler<T> | undefined) => Promise<CrawlProgress>,
    handler: Handler<T> | undefined,
  ) {
    this.#start = start
    this.#handler = handler
  }

  then<A = CrawlProgress, B = never>(
    onFulfilled?: ((progress: CrawlProgress) => A | PromiseLike<A>) | null,
    onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    this.#result ??= this.#start(this.#handler)
    return this.#result.then(onFulfilled, onRejected)
  }

  [Symbol.asyncIterator](): AsyncIterator<CrawlPage<T>, CrawlProgress | undefined> {
    return new PageStream<T>((offer) =>
      this.#start(async (page) => {
        await this.#handler?.(page)
        await offer(page)
      }),
    )
  }

  get [Symbol.toStringTag](): string {
    return 'CrawlRun'
  }
}
