import { parseRetryAfter } from '@corral/http'
import { isCancelled, now, timeout } from 'corral'
import { extractMimeType, isHtml } from '../fetch/mime-type.ts'
import { failureOfError, failureOfStatus, type Failure } from '../fetch/failure.ts'
import { readBody, type ReadBody } from '../page/read-body.ts'
import { packBody } from '../page/packed-body.ts'
import { readPage, type ReadPage } from '../page/read-page.ts'
import { parseRobotsDirectives } from '../robots/robots-directives.ts'
import type {
  FrontierEntry,
  StoredBody,
  StoredLink,
  StoredPage,
  Validators,
} from '../store/outcome.ts'
import { WarcError } from '../warc/warc-error.ts'
import type { UrlNormalizer } from '../url/url-normalizer.ts'
import type { Scope } from '../url/scope.ts'
import type { CrawlLimits } from './crawl-limits.ts'
import { discard } from './discard.ts'
import { leadsBack } from './cookie-wall.ts'
import { isRedirect, locationOf } from './location.ts'
import { requestFor, validatorsOf } from './conditional-request.ts'
import type { CrawlHeaders, CrawlResponse, CrawlSession } from './crawl-session.ts'
import type { LinkPolicy } from './link-policy.ts'
import type { PageHandler } from './page-handling.ts'
import { addressOf, storedRequest } from './page-request.ts'
import { isRead, isWanted } from './wanted-bodies.ts'
import { keptLink, redirected } from './redirected.ts'
import { refreshOf } from './refresh-header.ts'
import { typedBody } from './typed-body.ts'
import { unchanged } from './unchanged-page.ts'
import { visitSitemap } from './visit-sitemap.ts'

/** What visiting a page needs to know of the crawl. */
export interface VisitContext {
  readonly session: CrawlSession
  readonly scope: Scope
  readonly limits: CrawlLimits
  readonly normalizer: UrlNormalizer
  /** Our product token. */
  readonly agent: string
  readonly headers: Readonly<Record<string, string>>
  /** What is to be done with every page. */
  readonly handling?: PageHandler | undefined
  /** What else is to be decided about links. */
  readonly linkPolicy?: LinkPolicy | undefined
  /** URLs that the crawl starts from: where they redirect to is in scope like themselves. Grows. */
  readonly starts?: Set<string> | undefined
  /** Whether a page may be another one once its cookies are sent back. */
  readonly keepsCookies?: boolean | undefined
  /** What was fetched before lacks some of what is extracted: milliseconds since the epoch. */
  readonly extractionSince?: number | undefined
  /** Whether bodies are kept in the store. */
  readonly keepBodies?: boolean | undefined
  /** Gives the body that was kept of a page, by its number. */
  readonly bodyOf?: ((id: number) => Promise<StoredBody | undefined>) | undefined
  /** Whether pages with the same body are told apart by a hash. */
  readonly dedupe?: boolean | undefined
  /** Types of bodies beyond HTML that are read for handlers. */
  readonly bodies?: readonly string[] | undefined
  /** Whether `nofollow` counts for nothing. */
  readonly ignoreNofollow?: boolean | undefined
}

/** What came of one attempt. */
export type Visit =
  | {
      readonly result: 'page'
      readonly page: StoredPage
      readonly links: readonly StoredLink[]
      readonly redirect?: StoredLink | undefined
    }
  | {
      /** The page is what it was when it was fetched before. */
      readonly result: 'unchanged'
      readonly fetchedAt: number
      /** What was extracted anew. */
      readonly data?: string | undefined
    }
  | {
      readonly result: 'failure'
      readonly failure: Failure
      /** Milliseconds that the server asks to wait. */
      readonly retryAfter?: number | undefined
      /** Of a page that was read all the same. */
      readonly links?: readonly StoredLink[]
    }

/**
 * Fetches one URL once, reads it and hands it to the handler. Whatever the network, the server and the handler do is
 * a result, not an error.
 *
 * Cancellation: throws `Cancelled`, the connection closed and the handler ended.
 *
 * @param attempt from 1
 * @throws what the link policy threw
 */
export async function visitPage(
  entry: FrontierEntry,
  attempt: number,
  context: VisitContext,
): Promise<Visit> {
  const startedAt = now()
  let fetched: Fetched
  try {
    fetched = await timeout(context.limits.timeout, () => fetchEntry(entry, context))
  } catch (error) {
    if (isCancelled(error) || error instanceof WarcError) throw error
    return { result: 'failure', failure: withoutRepeat(entry, failureOfError(error)) }
  }
  if (fetched.result === 'failure') return fetched
  if (fetched.result === 'unchanged') return { ...fetched, fetchedAt: Math.round(startedAt) }

  const durationMs = Math.round(now() - startedAt)
  const { answer, read, redirect, other } = fetched
  const links = decided(entry, fetched.links, read, context)
  const body = context.keepBodies === true ? (read?.body ?? other?.bytes) : undefined
  const page: StoredPage = {
    status: answer.status,
    contentType: answer.contentType,
    charset: read?.charset ?? answer.charset,
    title: read?.content.title,
    bytes: read?.bytes ?? other?.bytes.length ?? answer.bytes ?? 0,
    canonical: read?.content.canonical,
    noindex: (read?.content.noindex ?? false) || answer.noindex,
    note: answer.note ?? noteOf(read, answer.bodyNote),
    attempts: attempt,
    fetchedAt: Math.round(startedAt),
    durationMs,
    validators: answer.validators,
    hash: read?.hash,
    ...(body === undefined ? {} : { body: Buffer.from(await packBody(body)).toString('base64') }),
  }
  if (context.handling !== undefined && redirect === undefined && entry.sitemap !== true) {
    const source = {
      entry,
      page,
      links,
      headers: fetched.headers,
      html: read?.text,
      text: () => read?.text ?? other?.text,
      bytes: read?.body ?? other?.bytes,
    }
    const handled = await context.handling.handle(source, context)
    if (handled.result === 'failure') return { ...handled, links }
    const { data, items, followed } = handled
    const made = { ...page, data, ...(items.length === 0 ? {} : { items }) }
    // Those that were asked for go first: they say more of a URL than a link does.
    return { result: 'page', page: made, links: [...followed, ...links], redirect }
  }
  return { result: 'page', page, links, redirect }
}

/** Beyond what the network is blamed for: what the user's priority throws ends the crawl. */
function decided(
  { url, depth }: FrontierEntry,
  links: readonly StoredLink[],
  read: ReadPage | undefined,
  { linkPolicy }: VisitContext,
): readonly StoredLink[] {
  if (linkPolicy === undefined || read === undefined) return links
  return linkPolicy(links, { url, depth, canonical: read.content.canonical })
}

export interface Answer {
  readonly status: number
  readonly contentType: string | undefined
  readonly noindex: boolean
  readonly note?: string
  readonly bodyNote?: string | undefined
  readonly bytes?: number
  readonly charset?: string
  readonly validators?: Validators | undefined
}

export type Fetched =
  | Extract<Visit, { result: 'failure' }>
  | { readonly result: 'unchanged'; readonly data?: string | undefined }
  | {
      readonly result: 'answer'
      readonly answer: Answer
      readonly headers: CrawlHeaders
      readonly read?: ReadPage
      /** A body that is no HTML. */
      readonly other?: ReadBody
      readonly links: readonly StoredLink[]
      readonly redirect?: StoredLink
    }

async function fetchEntry(entry: FrontierEntry, context: VisitContext): Promise<Fetched> {
  let wall = context.keepsCookies === true && entry.sitemap !== true
  for (;;) {
    const url = addressOf(entry.url)
    await using response = await context.session.get(url, requestFor(entry, context))
    const { status } = response
    if (status === 304 && entry.before !== undefined) return await unchanged(entry, context)
    const location = locationOf(response)
    if (isRedirect(status) && location !== undefined) {
      await discard(response)
      if (wall && (await leadsBack(url, response, location, context))) {
        wall = false
        continue
      }
      return redirected(entry, response, location, context)
    }
    if (status >= 400) {
      await discard(response)
      const retryAfter = parseRetryAfter(response.headers.get('retry-after'), now())
      const failure = failureOfStatus(status, response.statusText)
      // Turned away at the door: nothing was done.
      const wasDone = status !== 429 && status !== 503
      return {
        result: 'failure',
        failure: wasDone ? withoutRepeat(entry, failure) : failure,
        retryAfter,
      }
    }
    // Awaited here: the response is closed when this block is left.
    return await readAnswer(entry, response, context)
  }
}

async function readAnswer(
  entry: FrontierEntry,
  response: CrawlResponse,
  context: VisitContext,
): Promise<Fetched> {
  const { limits, agent, normalizer } = context
  const contentType = extractMimeType(response.headers.get('content-type'))
  const directives = parseRobotsDirectives(response.headers.get('x-robots-tag') ?? '', agent)
  const answer = {
    status: response.status,
    contentType,
    noindex: directives.noindex,
    validators: validatorsOf(response),
  }
  if (entry.sitemap === true) {
    const { links, ...rest } = await visitSitemap(entry, response, context)
    return { result: 'answer', answer: { ...answer, ...rest }, headers: response.headers, links }
  }
  const { headers } = response
  const { type, body, isBegun } = await typedBody(response, contentType)
  if (!isHtml(type)) {
    if (isRead(type, context)) {
      const other = await readBody(body, contentType)
      return { result: 'answer', answer, headers, other, links: [] }
    }
    if (isBegun) for await (const _ of body);
    else await discard(response)
    const note = 'no HTML: body not read'
    return { result: 'answer', answer: { ...answer, note }, headers, links: [] }
  }
  const url = addressOf(entry.url)
  const read = await readPage(url, body, {
    contentType,
    maxLinks: limits.maxLinks,
    agent,
    normalizer,
    keepText: isWanted(context),
    hash: context.dedupe ?? false,
  })
  const depth = entry.depth + 1
  const links = [...refreshOf(url, response, normalizer), ...read.content.links].map((link) => {
    const forbidden = context.ignoreNofollow !== true && (link.nofollow || directives.nofollow)
    const skip = forbidden ? 'nofollow' : context.scope(link.url, depth)
    return skip === undefined ? link : keptLink(link.url, link.kind, forbidden, skip)
  })
  return {
    result: 'answer',
    answer: { ...answer, bodyNote: response.bodyNote },
    headers,
    read,
    links,
  }
}

/** What is sent twice may be done twice: a POST is not made again when it may have arrived. */
function withoutRepeat({ request }: FrontierEntry, failure: Failure): Failure {
  const { method = 'GET' } = storedRequest(request)
  const mayRepeat = method !== 'POST' && method !== 'PATCH'
  return mayRepeat ? failure : { ...failure, retryable: false }
}

function noteOf(read: ReadPage | undefined, bodyNote: string | undefined): string | undefined {
  if (read === undefined) return undefined
  const notes = bodyNote === undefined ? [] : [bodyNote]
  if (read.malformed) notes.push(`some bytes are no ${read.charset}`)
  if (read.content.droppedLinks > 0) notes.push(`${read.content.droppedLinks} links too many`)
  return notes.length === 0 ? undefined : notes.join('; ')
}
