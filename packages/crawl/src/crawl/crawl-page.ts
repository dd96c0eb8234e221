import type { Field } from '../extract/field.ts'
import type { StoredLink } from '../store/outcome.ts'
import type { CrawlHeaders } from './crawl-session.ts'
import type { PageRequest } from './page-request.ts'

/** A form of a page, as it would be sent. */
export interface PageForm {
  /** Where it is sent to; the page itself where it does not say. */
  readonly action: string
  readonly method: string
  readonly fields: Readonly<Record<string, string>>
}

/** A page as a handler sees it. `T` is what `extract` gives, `Item` what items are. */
export interface CrawlPage<T = unknown, Item = unknown> {
  readonly url: string
  /** How it was asked for. */
  readonly method: string
  /** What who asked for it gave along. */
  readonly meta: unknown
  readonly status: number
  readonly headers: CrawlHeaders
  /** Links followed from a seed to here. */
  readonly depth: number
  readonly contentType: string | undefined
  readonly title: string | undefined
  /** As text, decoded; undefined for what is no HTML. */
  readonly html: string | undefined
  /** The body; undefined for a type that `bodies` does not name. */
  readonly bytes: Uint8Array | undefined
  /** The body as text, decoded: of HTML, JSON and whatever else was read. */
  readonly text: string | undefined
  /** Every link, also those that are not followed: `skip` says why. */
  readonly links: readonly StoredLink[]
  readonly canonical: string | undefined
  /** What the crawl's `extract` gave; undefined for what is no HTML. */
  readonly data: T | undefined
  /** Items given so far, as the schema and the pipeline left them. */
  readonly items: readonly Item[]

  /**
   * Reads a field from the page, which is parsed once, when this is first called; undefined for what is no HTML.
   *
   * @throws ExtractError when the page is nested or large beyond reason, or a required field is missing
   */
  extract<U>(field: Field<U>): U | undefined
  /**
   * The body as JSON.
   *
   * @throws SyntaxError when it is none
   */
  json<U = unknown>(): U
  /**
   * Queues another page, stored together with this one: once, like any link. What is neither a plain GET nor has a handler or
   * `meta` is a link like those of the page, but goes before them.
   *
   * @param url relative to this page
   * @returns why it is not followed; undefined when it is
   * @throws MisuseError for what cannot be asked
   */
  follow(url: string, request?: PageRequest): string | undefined
  /** A form, with what its fields have; undefined when there is none. */
  form(selector?: string): PageForm | undefined
  /**
   * Sends a form with some fields filled in, as `follow` does.
   *
   * @throws MisuseError when there is no such form
   */
  submit(
    fields: Readonly<Record<string, string>>,
    request?: Omit<PageRequest, 'body' | 'form' | 'json' | 'method'> & {
      readonly selector?: string
    },
  ): string | undefined
  /** Gives an item, which is stored together with the page once schema and pipeline have passed it. */
  emit(item: unknown): void
}
