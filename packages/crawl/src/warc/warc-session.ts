import { now } from 'corral'
import { isUncancelled } from 'corral/lowlevel'
import type {
  CrawlHeaders,
  CrawlRequest,
  CrawlResponse,
  CrawlSession,
} from '../crawl/crawl-session.ts'
import type { WarcRecord } from './warc-record.ts'
import type { WarcWriter } from './warc-writer.ts'

/**
 * A session that archives what it gets: request and response, with the whole body, also of what is no HTML. An answer is
 * written when it is disposed of, so before its page is stored; one whose body broke is not.
 *
 * Bodies stand in the archive unpacked. The headers that say otherwise are kept under `X-Crawler-` names, as
 * Common Crawl does. What was spoken in HTTP/2 stands there as HTTP/1.1, the one form that the format has, and
 * `WARC-Protocol` says so.
 */
export class WarcSession implements CrawlSession {
  readonly #session: CrawlSession
  readonly #writer: WarcWriter

  constructor(session: CrawlSession, writer: WarcWriter) {
    this.#session = session
    this.#writer = writer
  }

  async get(url: string, request: CrawlRequest): Promise<CrawlResponse> {
    const at = now()
    const response = await this.#session.get(url, request)
    return new ArchivedResponse(response, { url, request, at }, this.#writer)
  }
}

interface Asked {
  readonly url: string
  readonly request: CrawlRequest
  readonly at: number
}

class ArchivedResponse implements CrawlResponse {
  readonly status: number
  readonly statusText: string
  readonly headers: CrawlHeaders
  readonly protocol: string | undefined
  readonly remoteAddress: string | undefined
  readonly #response: CrawlResponse
  readonly #asked: Asked
  readonly #writer: WarcWriter
  readonly #chunks: Uint8Array[] = []
  #state: 'unread' | 'reading' | 'whole' | 'too-long' | 'broken' = 'unread'

  constructor(response: CrawlResponse, asked: Asked, writer: WarcWriter) {
    this.status = response.status
    this.statusText = response.statusText
    this.headers = response.headers
    this.protocol = response.protocol
    this.remoteAddress = response.remoteAddress
    this.#response = response
    this.#asked = asked
    this.#writer = writer
  }

  get bodyNote(): string | undefined {
    return this.#response.bodyNote
  }

  get body(): AsyncIterable<Uint8Array> {
    return this.#read()
  }

  /** Reads to the end, whatever the size: it is to be archived. */
  async drain(): Promise<void> {
    if (this.#state !== 'unread') return
    for await (const chunk of this.#read()) void chunk
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await using _response = this.#response
    // Who is cancelled comes again, and nobody waits for the disk on his account.
    if (!isUncancelled() || this.#state === 'broken') return
    if (this.#state === 'unread') await this.drain()
    await this.#writer.write(
      () => requestRecord(this.#asked, this.#response),
      ([id]) => this.#responseRecord(id),
    )
  }

  async *#read(): AsyncGenerator<Uint8Array, void, undefined> {
    this.#state = 'reading'
    try {
      for await (const chunk of this.#response.body) {
        this.#chunks.push(chunk)
        yield chunk
      }
      this.#state = 'whole'
    } catch (error) {
      this.#state = (error as { code?: unknown }).code === 'TOO_LARGE' ? 'too-long' : 'broken'
      throw error
    }
  }

  #responseRecord(concurrent: string | undefined): WarcRecord {
    const { url, at } = this.#asked
    const isWhole = this.#state === 'whole'
    const payload = Buffer.concat(this.#chunks)
    const revisit = this.status === 304
    return {
      type: revisit ? 'revisit' : 'response',
      contentType: 'application/http; msgtype=response',
      target: url,
      at,
      head: `HTTP/1.1 ${this.status} ${this.statusText}\r\n${this.#headerLines(payload.length)}\r\n`,
      payload,
      fields: {
        ...(concurrent === undefined ? {} : { 'WARC-Concurrent-To': concurrent }),
        ...spokenIn(this.protocol),
        ...(this.remoteAddress === undefined ? {} : { 'WARC-IP-Address': this.remoteAddress }),
        ...(revisit ? { 'WARC-Profile': notModified } : {}),
        ...(isWhole
          ? {}
          : { 'WARC-Truncated': this.#state === 'too-long' ? 'length' : 'unspecified' }),
      },
    }
  }

  #headerLines(length: number): string {
    let lines = ''
    for (const [name, value] of allOf(this.headers)) {
      const kept = /^(content-(encoding|length)|transfer-encoding)$/.test(name)
      lines += `${kept ? 'X-Crawler-' : ''}${name}: ${value}\r\n`
    }
    return `${lines}content-length: ${length}\r\n`
  }
}

const notModified = 'http://netpreserve.org/warc/1.1/revisit/server-not-modified'

/** What was sent, without the headers that were set for the crawl and the cookies that were kept: they are secrets. */
function requestRecord(
  { url, request, at }: Asked,
  { requestHeaders: sent = request.headers, protocol }: CrawlResponse,
): WarcRecord {
  const { host, pathname, search } = new URL(url)
  const headers: Record<string, string> = { host }
  for (const [name, value] of Object.entries(sent)) {
    const asked = request.headers[name]
    if (asked !== undefined) headers[name] = asked
    else if (ownOnes.has(name)) headers[name] = String(value)
  }
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  return {
    type: 'request',
    contentType: 'application/http; msgtype=request',
    target: url,
    at,
    head: `${request.method ?? 'GET'} ${pathname}${search} HTTP/1.1\r\n${lines.join('')}\r\n`,
    fields: spokenIn(protocol),
    ...(request.body === undefined ? {} : { payload: Buffer.from(request.body) }),
  }
}

/** Said of what is not what it looks like. */
function spokenIn(protocol: string | undefined): Readonly<Record<string, string>> {
  return protocol === 'h2' ? { 'WARC-Protocol': protocol } : {}
}

/** What the HTTP session adds by itself. */
const ownOnes: ReadonlySet<string> = new Set(['host', 'connection', 'accept-encoding'])

function allOf(headers: CrawlHeaders): Iterable<[name: string, value: string]> {
  const iterate = headers[Symbol.iterator]?.bind(headers)
  if (iterate !== undefined) return { [Symbol.iterator]: iterate }
  const type = headers.get('content-type')
  return type === undefined ? [] : [['content-type', type]]
}
