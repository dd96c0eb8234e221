import { cancellable, moveOnAfter, shield } from 'corral'
import type { CrawlRequest, CrawlResponse, CrawlSession } from '../crawl/crawl-session.ts'

/** How long a response that nobody wants any more may take to close. */
const grace = 500

/**
 * A session of somebody else's, of which nothing is known: every wait for it ends when the scope is cancelled, so that a
 * promise of it that never settles holds up no timeout and no Ctrl-C. What it does after that is its own affair.
 */
export class ForeignSession implements CrawlSession {
  readonly #session: CrawlSession

  constructor(session: CrawlSession) {
    this.#session = session
  }

  async get(url: string, request: CrawlRequest): Promise<CrawlResponse> {
    const asking = Promise.resolve(this.#session.get(url, request))
    try {
      return guarded(await cancellable(asking))
    } catch (error) {
      // One that comes too late is closed when it comes.
      asking.then(
        (late) => void Promise.resolve(late[Symbol.asyncDispose]()).catch(() => {}),
        () => {},
      )
      throw error
    }
  }
}

function guarded(response: CrawlResponse): CrawlResponse {
  return {
    status: response.status,
    statusText: response.statusText,
    headers: response.headers,
    protocol: response.protocol,
    remoteAddress: response.remoteAddress,
    ...(response.requestHeaders === undefined ? {} : { requestHeaders: response.requestHeaders }),
    get bodyNote() {
      return response.bodyNote
    },
    get body() {
      return guardedBody(response.body)
    },
    drain: () => cancellable(Promise.resolve(response.drain())),
    [Symbol.asyncDispose]: () => ended(() => response[Symbol.asyncDispose]()),
  }
}

function guardedBody(body: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  return {
    [Symbol.asyncIterator]() {
      const iterator = body[Symbol.asyncIterator]()
      return {
        next: () => cancellable(Promise.resolve(iterator.next())),
        async return() {
          await ended(async () => await iterator.return?.())
          return { done: true, value: undefined }
        },
      }
    },
  }
}

/** Waits until something has ended, also in a cancelled scope, but no longer than the grace. */
async function ended(end: () => PromiseLike<unknown>): Promise<void> {
  await shield(() => moveOnAfter(grace, () => cancellable(end())))
}
