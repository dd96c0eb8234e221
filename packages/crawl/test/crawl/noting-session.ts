import { HttpSession } from '@corral/http'
import type { HttpSessionOptions } from '@corral/http'
import type { CrawlSession } from '../../src/crawl/crawl-session.ts'

/** A session that notes when it was asked: how late the network and the server are is no fault of the crawl. */
export function notingSession(options: HttpSessionOptions = {}): {
  session: CrawlSession & AsyncDisposable
  /** By origin, in the order of the calls. */
  starts: Map<string, number[]>
} {
  const http = new HttpSession(options)
  const starts = new Map<string, number[]>()
  const get: CrawlSession['get'] = (url, request) => {
    const { origin } = new URL(url)
    starts.set(origin, [...(starts.get(origin) ?? []), performance.now()])
    return http.get(url, request)
  }
  return { session: { get, [Symbol.asyncDispose]: () => http.close() }, starts }
}
