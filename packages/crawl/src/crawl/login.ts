import { MisuseError } from 'corral'
import { normalizeUrl } from '../url/normalize-url.ts'
import type { CrawlHeaders, CrawlSession } from './crawl-session.ts'
import { addressOf, keptRequest, storedRequest, type PageRequest } from './page-request.ts'

/** An answer to a login. */
export interface LoginAnswer {
  readonly status: number
  readonly headers: CrawlHeaders
  text(): string
  json<T = unknown>(): T
}

/** Asks for something by the crawl's session, at once: redirects are handed out, cookies are kept, nothing is stored. */
export type LoginFetch = (
  url: string,
  request?: Omit<PageRequest, 'meta' | 'handler' | 'priority'>,
) => Promise<LoginAnswer>

/** What a login brings: headers of all requests to the origins of the seeds, such as `authorization`. */
export interface LoggedIn {
  readonly headers?: Readonly<Record<string, string>>
}

export type Login = (fetch: LoginFetch) => LoggedIn | void | PromiseLike<LoggedIn | void>

/** Runs a login, at the beginning of a run. What it sends and gets is in no store. */
export async function logIn(
  login: Login,
  session: CrawlSession,
  base: { readonly headers: Readonly<Record<string, string>>; readonly maxBytes: number },
): Promise<LoggedIn> {
  const fetch: LoginFetch = async (given, request = {}) => {
    const url = normalizeUrl(given, undefined, { maxLength: Infinity })
    if (url === undefined) {
      throw new MisuseError('crawl: login must ask for an http or https URL, with its host')
    }
    const kept = keptRequest('crawl: login', url, request)
    const { method = 'GET', headers = {}, body } = storedRequest(kept.request)
    await using response = await session.get(addressOf(kept.url), {
      headers: { ...base.headers, ...headers },
      maxBytes: base.maxBytes,
      ...(method === 'GET' ? {} : { method }),
      ...(body === undefined ? {} : { body }),
    })
    const chunks: Uint8Array[] = []
    for await (const chunk of response.body) chunks.push(chunk)
    const text = Buffer.concat(chunks).toString()
    return {
      status: response.status,
      headers: response.headers,
      text: () => text,
      json: <T>() => JSON.parse(text) as T,
    }
  }
  return (await login(fetch)) ?? {}
}
