import { now, shield } from 'corral'
import { CookieJar } from 'tough-cookie'
import type { CrawlRequest, CrawlResponse, CrawlSession } from '../crawl/crawl-session.ts'
import type { Jar } from '../store/outcome.ts'
import { GenerationCache } from '../url/generation-cache.ts'
import type { FileCookie } from './cookie-file.ts'
import { registrableDomain } from '../url/registrable-domain.ts'

/** What is kept for one registered domain, and of one cookie, in characters. */
const maxCookies = 50
const maxLength = 4096
/** Domains that are remembered, in each of two generations. */
const domains = 1000

/** Milliseconds after which what servers set is stored; the rest is at the end. */
const interval = 2000

/** Where cookies last. */
export interface CookieStore {
  cookies(): Promise<readonly Jar[]>
  keepCookies(jars: readonly Jar[]): Promise<void>
}

/**
 * A session that keeps cookies, as browsers do [RFC 6265]: what a server sets is sent back to it and its domain as long as
 * the crawl and its store last. Bounded: fifty cookies of a registered domain, and so many domains.
 */
export class CookieSession implements CrawlSession, AsyncDisposable {
  readonly #session: CrawlSession
  readonly #store: CookieStore
  readonly #jars = new GenerationCache<string, CookieJar>(domains)
  readonly #changed = new Map<string, CookieJar>()
  #storedAt = now()

  constructor(session: CrawlSession, store: CookieStore) {
    this.#session = session
    this.#store = store
  }

  /** Takes what earlier runs kept, and what is given, which is newer. */
  async load(given: readonly FileCookie[] = []): Promise<void> {
    for (const { domain, jar } of await this.#store.cookies()) {
      this.#jars.set(domain, CookieJar.deserializeSync(jar))
    }
    for (const { cookie, url } of given) {
      this.#jarOf(registrableDomain(new URL(url).hostname)).setCookieSync(cookie, url, {
        ignoreError: true,
      })
    }
  }

  async get(url: string, request: CrawlRequest): Promise<CrawlResponse> {
    const domain = registrableDomain(new URL(url).hostname)
    const cookies = this.#jars.get(domain)?.getCookieStringSync(url) ?? ''
    const response = await this.#session.get(url, withCookies(request, cookies))
    const set = response.headers.getAll?.('set-cookie') ?? []
    if (set.length > 0) this.#keep(domain, url, set)
    if (this.#changed.size > 0 && now() - this.#storedAt >= interval) await this.#save()
    return response
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await shield(() => this.#save())
  }

  async #save(): Promise<void> {
    this.#storedAt = now()
    const jars = [...this.#changed].map(([domain, jar]) => ({
      domain,
      jar: JSON.stringify(jar.serializeSync()),
    }))
    this.#changed.clear()
    if (jars.length > 0) await this.#store.keepCookies(jars)
  }

  #jarOf(domain: string): CookieJar {
    let jar = this.#jars.get(domain)
    if (jar === undefined) this.#jars.set(domain, (jar = new CookieJar()))
    return jar
  }

  #keep(domain: string, url: string, set: readonly string[]): void {
    const jar = this.#jarOf(domain)
    this.#changed.set(domain, jar)
    for (const cookie of set.slice(0, maxCookies)) {
      if (cookie.length > maxLength) continue
      const { cookies = [] } = jar.serializeSync() ?? {}
      const name = cookie.slice(0, cookie.indexOf('=')).trim()
      const known = cookies.some(({ key }) => key === name)
      // A full jar takes new values; the same name on ever more paths fills it as well.
      if (cookies.length >= (known ? 2 * maxCookies : maxCookies)) continue
      // What a server may not set is no error of the page.
      jar.setCookieSync(cookie, url, { ignoreError: true })
    }
  }
}

function withCookies(request: CrawlRequest, cookies: string): CrawlRequest {
  if (cookies === '') return request
  const own = request.headers['cookie']
  const cookie = own === undefined ? cookies : `${own}; ${cookies}`
  return { ...request, headers: { ...request.headers, cookie } }
}
