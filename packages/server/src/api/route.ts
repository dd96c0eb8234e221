import type { StandardSchemaV1 } from '@standard-schema/spec'
import { requireDuration, requireLimit } from 'corral/lowlevel'
import { currentRequest } from '../engine/current-request.ts'
import { Admission } from '../limits/admission.ts'
import type { AdmissionOptions } from '../limits/admission.ts'
import type { ClientLimit } from '../limits/client-limit.ts'
import { Reply, toReply } from '../reply/reply.ts'
import type { ApiRequest, QueryValues } from './api-request.ts'
import type { BodyLimits } from './read-body.ts'
import type { PathParams } from './path-params.ts'
import { checkAnswer, invalid, validate } from './validate.ts'
import type { Issue } from './validate.ts'

type Schema = StandardSchemaV1 | undefined
type Made<S extends Schema, Raw> = S extends StandardSchemaV1
  ? StandardSchemaV1.InferOutput<S>
  : Raw

/** The input, output and limits of a route; schemas from any Standard Schema library (zod, valibot, arktype). */
export interface RouteOptions<
  P extends Schema = Schema,
  Q extends Schema = Schema,
  H extends Schema = Schema,
  B extends Schema = Schema,
  R extends Schema = Schema,
> extends AdmissionOptions {
  readonly params?: P
  readonly query?: Q
  readonly headers?: H
  /** For JSON. A missing body is refused unless the schema accepts `undefined`. */
  readonly body?: B
  /** What the handler returns. Checked by `testClient`, and part of the document. */
  readonly response?: R
  /** Time limit for a request, including time spent queued, in milliseconds. Default `Infinity`. */
  readonly timeout?: number
  /** Rate limit per client, made by `clientLimit`. */
  readonly clientLimit?: ClientLimit
  /** What happens to the work when the client disconnects: `cancel` (default), or `finish`. */
  readonly onDisconnect?: 'cancel' | 'finish'
  /** Maximum bytes of a body; 413 beyond it. Default 1 MiB. */
  readonly maxBodyBytes?: number
  /** How long a body may take, in milliseconds; then 408. Default 30 000. */
  readonly bodyTimeout?: number
  /** One line in the document. */
  readonly summary?: string
}

/** A handler's input. */
export interface HandlerContext<
  P extends Schema,
  Q extends Schema,
  H extends Schema,
  B extends Schema,
  Raw = PathParams<string>,
> {
  /** Without a schema, what the route's path names. */
  readonly params: Made<P, Raw>
  readonly query: Made<Q, QueryValues>
  readonly headers: Made<H, ApiRequest['headers']>
  readonly body: Made<B, undefined>
  readonly request: ApiRequest
}

/** What a handler may return: a reply, or a plain value for JSON. */
export type Returned<R extends Schema> =
  | Reply
  | Response
  | (R extends StandardSchemaV1 ? StandardSchemaV1.InferInput<R> : unknown)

export type Handler<
  P extends Schema,
  Q extends Schema,
  H extends Schema,
  B extends Schema,
  R extends Schema,
  Raw = PathParams<string>,
> = (context: HandlerContext<P, Q, H, B, Raw>) => Returned<R> | PromiseLike<Returned<R>>

type AnyHandler = (context: never) => unknown

const PARTS = ['params', 'query', 'headers'] as const

/** A route: its limits, and a handler behind its schemas. */
export class Route {
  readonly method: string
  readonly pattern: string
  readonly name: string
  readonly options: RouteOptions
  readonly admission: Admission | undefined
  readonly limits: BodyLimits
  readonly #handler: AnyHandler

  constructor(method: string, pattern: string, handler: AnyHandler, options: RouteOptions) {
    const api = `api.${method.toLowerCase()}`
    const { maxBodyBytes = 1_048_576, bodyTimeout = 30_000, timeout = Infinity } = options
    requireLimit(`${api}: maxBodyBytes`, maxBodyBytes, 0)
    requireDuration(`${api}: bodyTimeout`, bodyTimeout)
    requireDuration(`${api}: timeout`, timeout)
    this.method = method
    this.pattern = pattern
    this.name = `${method} ${pattern}`
    this.options = options
    this.admission = Admission.of(api, options)
    this.limits = { maxBodyBytes, bodyTimeout }
    this.#handler = handler
  }

  /** Validates, calls the handler, and turns its result into a reply. */
  async handle(request: ApiRequest): Promise<Reply> {
    const { options } = this
    // No getters that put it off: V8 makes those of a literal one by one, and keeps them until a full collection.
    const context: Record<(typeof PARTS)[number] | 'body' | 'request', unknown> = {
      params: request.params,
      query: request.query,
      headers: request.headers,
      body: undefined,
      request,
    }
    const issues: Issue[] = []
    for (const part of PARTS) {
      const schema = options[part]
      if (schema === undefined) continue
      context[part] = await validate(schema, part, request[part], issues)
    }
    if (options.body !== undefined) {
      const body = await request.json()
      context.body = await validate(options.body, 'body', body, issues)
    }
    if (issues.length > 0) throw invalid(issues)
    const value: unknown = await this.#handler(context as never)
    const { response } = options
    if (
      response !== undefined &&
      !(value instanceof Reply || value instanceof Response) &&
      currentRequest('api').engine.checksAnswers
    ) {
      await checkAnswer(response, value)
    }
    return toReply(value)
  }
}
