import { parseCookie } from 'cookie'
import { currentRequest } from '../engine/current-request.ts'
import type { Transport, RequestHeaders } from '../transport/transport.ts'
import { readBody, readJson } from './read-body.ts'
import type { BodyLimits } from './read-body.ts'

export type QueryValues = Readonly<Record<string, string | readonly string[]>>

/** A request, as middleware and handlers see it; handlers also get what their route's schemas made of it. */
export class ApiRequest {
  readonly method: string
  /** Without the query. */
  readonly path: string
  /** The pattern of the route, such as `/users/:id`; undefined when there is none. */
  readonly route: string | undefined
  readonly transport: Transport
  readonly params: Readonly<Record<string, string>>
  readonly #search: string
  readonly #limits: BodyLimits
  #query: QueryValues | undefined

  /** Made by the api, not by hand. */
  constructor(
    transport: Transport,
    path: string,
    search: string,
    route: string | undefined,
    params: Readonly<Record<string, string>>,
    limits: BodyLimits,
  ) {
    this.transport = transport
    this.method = transport.method
    this.path = path
    this.route = route
    this.params = params
    this.#search = search
    this.#limits = limits
  }

  /** Names in lower case. */
  get headers(): RequestHeaders {
    return this.transport.headers
  }

  /** The cookies that the client sent; not trustworthy. */
  get cookies(): Readonly<Record<string, string | undefined>> {
    const { cookie } = this.headers
    return typeof cookie === 'string' ? parseCookie(cookie) : {}
  }

  /** The client's address, according to `trustedProxies` of the server. */
  get client(): string {
    return currentRequest('ApiRequest.client').engine.client(this.transport)
  }

  /** A name that occurs several times has a list. */
  get query(): QueryValues {
    return (this.#query ??= parseQuery(this.#search))
  }

  /**
   * The body, read to its end within the limits of the route.
   *
   * @throws HttpProblem 413 when it is too large, 408 when it takes too long
   */
  bytes(): Promise<Buffer> {
    return readBody(this.transport, this.#limits)
  }

  async text(): Promise<string> {
    return (await this.bytes()).toString('utf8')
  }

  /**
   * The body as JSON; undefined when there is none.
   *
   * @throws HttpProblem 415 when it is declared as something else, 400 when it is not JSON, and as in `bytes`
   */
  json(): Promise<unknown> {
    return readJson(this.transport, this.#limits)
  }

  /** The body chunk by chunk, without a limit; a slow reader applies back-pressure to the client. */
  async *pieces(): AsyncGenerator<Uint8Array> {
    for (;;) {
      const piece = await this.transport.read()
      if (piece === undefined) return
      yield piece
    }
  }
}

const empty: QueryValues = Object.freeze(Object.create(null) as QueryValues)

function parseQuery(search: string): QueryValues {
  if (search === '') return empty
  const query: Record<string, string | string[]> = Object.create(null) as Record<string, string>
  for (const [name, value] of new URLSearchParams(search)) {
    const before = query[name]
    if (before === undefined) query[name] = value
    else if (typeof before === 'string') query[name] = [before, value]
    else before.push(value)
  }
  return query
}
