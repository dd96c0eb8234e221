import { readField, type Field } from '../extract/field.ts'
import { PageNode } from '../extract/page-node.ts'
import type { ReadPage } from '../page/read-page.ts'
import type { FrontierEntry, StoredLink, StoredPage } from '../store/outcome.ts'
import type { CrawlPage } from './crawl-page.ts'

/** A page that was just fetched, for its handler. */
export class VisitedPage<T> implements CrawlPage<T> {
  readonly url: string
  readonly status: number
  readonly depth: number
  readonly contentType: string | undefined
  readonly title: string | undefined
  readonly html: string | undefined
  readonly links: readonly StoredLink[]
  readonly canonical: string | undefined
  data: T | undefined
  #node: PageNode | undefined

  constructor(
    entry: FrontierEntry,
    page: StoredPage,
    links: readonly StoredLink[],
    read: ReadPage | undefined,
  ) {
    this.url = entry.url
    this.status = page.status
    this.depth = entry.depth
    this.contentType = page.contentType
    this.title = page.title
    this.html = read?.text
    this.links = links
    this.canonical = page.canonical
  }

  extract<U>(field: Field<U>): U | undefined {
    if (this.html === undefined) return undefined
    this.#node ??= PageNode.parse(this.html, this.url)
    return readField(field, this.#node)
  }
}
