import { MisuseError } from 'corral'
import { readField, type Field } from '../extract/field.ts'
import { PageNode } from '../extract/page-node.ts'
import type { FrontierEntry, StoredLink, StoredPage } from '../store/outcome.ts'
import type { Scope } from '../url/scope.ts'
import type { UrlNormalizer } from '../url/url-normalizer.ts'
import type { CrawlPage, PageForm } from './crawl-page.ts'
import type { CrawlHeaders } from './crawl-session.ts'
import { readForm } from './page-form.ts'
import { addressOf, keptRequest, storedRequest, type PageRequest } from './page-request.ts'

/** What was read of a page, for its handler. */
export interface PageSource {
  readonly entry: FrontierEntry
  readonly page: StoredPage
  readonly links: readonly StoredLink[]
  readonly headers: CrawlHeaders
  readonly html?: string | undefined
  /** Decoded when it is asked for. */
  readonly text: () => string | undefined
  readonly bytes?: Uint8Array | undefined
}

/** What decides where pages may lead. */
export interface Following {
  readonly normalizer: UrlNormalizer
  readonly scope: Scope
  readonly handlers: ReadonlySet<string>
}

/** A page that was just fetched, for its handler. */
export class VisitedPage<T, Item> implements CrawlPage<T, Item> {
  readonly url: string
  readonly method: string
  readonly meta: unknown
  readonly status: number
  readonly headers: CrawlHeaders
  readonly depth: number
  readonly contentType: string | undefined
  readonly title: string | undefined
  readonly html: string | undefined
  readonly bytes: Uint8Array | undefined
  readonly links: readonly StoredLink[]
  readonly canonical: string | undefined
  /** What was asked to be followed. */
  readonly followed: StoredLink[] = []
  /** Items that have not been looked at. */
  readonly emitted: unknown[] = []
  readonly items: Item[] = []
  data: T | undefined
  readonly #following: Following
  readonly #text: () => string | undefined
  #node: PageNode | undefined

  constructor({ entry, page, links, ...source }: PageSource, following: Following) {
    const { method = 'GET', meta } = storedRequest(entry.request)
    this.url = addressOf(entry.url)
    this.method = method
    this.meta = meta
    this.status = page.status
    this.headers = source.headers
    this.depth = entry.depth
    this.contentType = page.contentType
    this.title = page.title
    this.html = source.html
    this.bytes = source.bytes
    this.#text = source.text
    this.links = links
    this.canonical = page.canonical
    this.#following = following
  }

  get text(): string | undefined {
    return this.#text()
  }

  extract<U>(field: Field<U>): U | undefined {
    const node = this.#parsed()
    return node === undefined ? undefined : readField(field, node)
  }

  json<U = unknown>(): U {
    return JSON.parse(this.text ?? '') as U
  }

  follow(given: string, request: PageRequest = {}): string | undefined {
    const { normalizer, scope, handlers } = this.#following
    const { handler, priority } = request
    if (handler !== undefined && !handlers.has(handler)) {
      throw new MisuseError(
        `CrawlPage.follow: handler must be one of ${[...handlers].join(', ') || 'handlers, which are none'}, got ${JSON.stringify(handler)}`,
      )
    }
    const url = normalizer.normalize(given, normalizer.base(this.url))
    if (url === undefined) return 'url'
    const kept = keptRequest('CrawlPage.follow', url, request)
    const skip = scope(addressOf(kept.url), this.depth + 1)
    this.followed.push({
      url: kept.url,
      kind: 'followed',
      nofollow: false,
      ...(kept.request === undefined ? {} : { request: kept.request }),
      ...(priority === undefined ? {} : { priority: Math.trunc(priority) }),
      ...(skip === undefined ? {} : { skip }),
    })
    return skip
  }

  form(selector = 'form'): PageForm | undefined {
    const node = this.#parsed()
    return node === undefined ? undefined : readForm(node, this.url, selector)
  }

  submit(
    fields: Readonly<Record<string, string>>,
    {
      selector = 'form',
      ...request
    }: Omit<PageRequest, 'body' | 'form' | 'json' | 'method'> & {
      readonly selector?: string
    } = {},
  ): string | undefined {
    const form = this.form(selector)
    if (form === undefined) {
      throw new MisuseError(`CrawlPage.submit: ${this.url} has no ${selector}; look at page.html`)
    }
    const { action, method } = form
    return this.follow(action, { ...request, method, form: { ...form.fields, ...fields } })
  }

  emit(item: unknown): void {
    this.emitted.push(item)
  }

  #parsed(): PageNode | undefined {
    if (this.html === undefined) return undefined
    return (this.#node ??= PageNode.parse(this.html, this.url))
  }
}
