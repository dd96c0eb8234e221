import { requireFunction, requireOptions, refuse } from 'corral/lowlevel'
import { addRoute, createRouter, findRoute } from 'rou3'
import type { StandardSchemaV1 } from '@standard-schema/spec'
import { fetchFrom } from '../app/fetch-application.ts'
import type { FetchApp } from '../app/fetch-application.ts'
import type { Application, Lifespan, Plan } from '../app/plan.ts'
import { currentRequest } from '../engine/current-request.ts'
import type { Hold } from '../engine/held-resource.ts'
import { HttpProblem } from '../errors.ts'
import { toOpenApi } from '../openapi/to-openapi.ts'
import { Reply, toReply } from '../reply/reply.ts'
import type { Transport } from '../transport/transport.ts'
import { ApiRequest } from './api-request.ts'
import { Route } from './route.ts'
import type { Handler, RouteOptions } from './route.ts'

export interface ApiOptions {
  /** Of the document. Default `API`. */
  readonly title?: string
  /** Of the document. Default `0.0.0`. */
  readonly version?: string
  /** Where the OpenAPI document is served; `false` for nowhere. Default `/openapi.json`. */
  readonly openApiPath?: string | false
}

/** Around the handler, in the request's scope: `next` answers, what it throws is thrown here. */
export type Middleware = (request: ApiRequest, next: () => Promise<Reply>) => unknown

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'] as const
const DEFAULT_LIMITS = { maxBodyBytes: 1_048_576, bodyTimeout: 30_000 }
type Schema = StandardSchemaV1 | undefined

/** Routes with schemas. `api` makes one; `serve`, `openServer` and `testClient` take it. */
export class Api implements Application {
  readonly title: string
  readonly version: string
  readonly lifespans: Lifespan[] = []
  readonly #routes: Route[] = []
  readonly #router = createRouter<Route | Mounted>()
  readonly #around: Middleware[] = []

  /** Made by `api`, not by hand. */
  constructor(options: ApiOptions) {
    this.title = options.title ?? 'API'
    this.version = options.version ?? '0.0.0'
    const { openApiPath = '/openapi.json' } = options
    if (openApiPath !== false) {
      const route = new Route('GET', openApiPath, () => this.openApi(), {})
      addRoute(this.#router, 'GET', openApiPath, route)
    }
  }

  /** In the order in which they were added. */
  get routes(): readonly Route[] {
    return this.#routes
  }

  /** The OpenAPI 3.1 document of the routes that were added so far. */
  openApi(): Record<string, unknown> {
    return toOpenApi(this, this.#routes)
  }

  get<
    P extends Schema = undefined,
    Q extends Schema = undefined,
    H extends Schema = undefined,
    B extends Schema = undefined,
    R extends Schema = undefined,
  >(path: string, handler: Handler<P, Q, H, B, R>, options?: RouteOptions<P, Q, H, B, R>): this {
    return this.#add('GET', path, handler, options)
  }

  post<
    P extends Schema = undefined,
    Q extends Schema = undefined,
    H extends Schema = undefined,
    B extends Schema = undefined,
    R extends Schema = undefined,
  >(path: string, handler: Handler<P, Q, H, B, R>, options?: RouteOptions<P, Q, H, B, R>): this {
    return this.#add('POST', path, handler, options)
  }

  put<
    P extends Schema = undefined,
    Q extends Schema = undefined,
    H extends Schema = undefined,
    B extends Schema = undefined,
    R extends Schema = undefined,
  >(path: string, handler: Handler<P, Q, H, B, R>, options?: RouteOptions<P, Q, H, B, R>): this {
    return this.#add('PUT', path, handler, options)
  }

  patch<
    P extends Schema = undefined,
    Q extends Schema = undefined,
    H extends Schema = undefined,
    B extends Schema = undefined,
    R extends Schema = undefined,
  >(path: string, handler: Handler<P, Q, H, B, R>, options?: RouteOptions<P, Q, H, B, R>): this {
    return this.#add('PATCH', path, handler, options)
  }

  delete<
    P extends Schema = undefined,
    Q extends Schema = undefined,
    H extends Schema = undefined,
    B extends Schema = undefined,
    R extends Schema = undefined,
  >(path: string, handler: Handler<P, Q, H, B, R>, options?: RouteOptions<P, Q, H, B, R>): this {
    return this.#add('DELETE', path, handler, options)
  }

  /** Runs `middleware` around every request, in its scope; the first one added is the outermost. */
  use(middleware: Middleware): this {
    requireFunction('api.use: middleware', middleware)
    this.#around.push(middleware)
    return this
  }

  /** Hands everything below `prefix` to another application; it sees the path without the prefix. */
  mount(prefix: string, app: FetchApp | FetchApp['fetch']): this {
    if (typeof prefix !== 'string' || !/^\/[^:*(){}]*[^/:*(){}]$/.test(prefix)) {
      refuse('api.mount: prefix', 'a path such as "/legacy"', prefix)
    }
    const mounted = new Mounted(prefix, typeof app === 'function' ? { fetch: app } : app)
    requireFunction('api.mount: app.fetch', mounted.app.fetch)
    addRoute(this.#router, '', `${prefix}/**`, mounted)
    return this
  }

  /**
   * A resource that is open as long as the server: `hold` opens it before the server listens, calls `use`, and
   * closes it after the server has drained. Several are closed in reverse order.
   *
   * @example
   * const db = app.lifespan((use) => withDatabase(url, use))
   * app.get('/users', () => db.get().users())
   */
  lifespan<T>(hold: Hold<T>, options: { readonly name?: string } = {}): { get(): T } {
    requireFunction('api.lifespan: hold', hold)
    const { name = hold.name === '' ? 'lifespan' : hold.name } = options
    const lifespan: Lifespan = { name, hold }
    this.lifespans.push(lifespan)
    return { get: () => currentRequest('lifespan.get').engine.lifespan(lifespan) as T }
  }

  /** For the server: what is to be done for a request. */
  plan(transport: Transport): Plan {
    const { method, target } = transport
    const at = target.indexOf('?')
    const path = at < 0 ? target : target.slice(0, at)
    const search = at < 0 ? '' : target.slice(at)
    const found = this.#find(method, path)
    const params = decode(found?.params)
    const work = found?.data
    if (work instanceof Mounted) {
      const request = new ApiRequest(transport, path, search, work.prefix, params, DEFAULT_LIMITS)
      return {
        name: `${method} ${work.prefix}`,
        answer: () => this.#through(request, () => work.handle(request, search)),
      }
    }
    const limits = work?.limits ?? DEFAULT_LIMITS
    const request = new ApiRequest(transport, path, search, work?.pattern, params, limits)
    if (work === undefined) {
      const answer = (): Promise<Reply> => this.#through(request, () => this.#nothing(method, path))
      return { name: `${method} (no route)`, answer }
    }
    const { timeout, onDisconnect } = work.options
    const { name, admission } = work
    const answer = (): Promise<Reply> => this.#through(request, () => work.handle(request))
    return { name, timeout, onDisconnect, admission, answer }
  }

  #add(method: string, path: string, handler: unknown, options: object = {}): this {
    const api = `api.${method.toLowerCase()}`
    requireFunction(`${api}: handler`, handler)
    requireOptions(api, options)
    if (typeof path !== 'string' || !path.startsWith('/')) {
      refuse(`${api}: path`, 'a string that begins with "/"', path)
    }
    const route = new Route(method, path, handler as (context: never) => unknown, options)
    addRoute(this.#router, method, path, route)
    this.#routes.push(route)
    return this
  }

  #find(
    method: string,
    path: string,
  ): { data: Route | Mounted; params?: Record<string, string> } | undefined {
    const found = findRoute(this.#router, method, path)
    return found ?? (method === 'HEAD' ? findRoute(this.#router, 'GET', path) : undefined)
  }

  /** There is no such path, or it does not take this method. */
  #nothing(method: string, path: string): Promise<Reply> {
    const allowed = METHODS.filter((other) => this.#find(other, path) !== undefined)
    if (allowed.length === 0) return Promise.reject(new HttpProblem(404))
    const allow = [...allowed, 'OPTIONS'].join(', ')
    if (method === 'OPTIONS') return Promise.resolve(new Reply(204, { allow }, undefined))
    return Promise.reject(new HttpProblem(405, { headers: { allow } }))
  }

  async #through(request: ApiRequest, work: () => Promise<Reply>): Promise<Reply> {
    const around = this.#around
    if (around.length === 0) return work()
    const step = async (index: number): Promise<Reply> => {
      const middleware = around[index]
      if (middleware === undefined) return work()
      return toReply(await middleware(request, () => step(index + 1)))
    }
    return step(0)
  }
}

/** Another application below a prefix. */
class Mounted {
  readonly prefix: string
  readonly app: FetchApp

  constructor(prefix: string, app: FetchApp) {
    this.prefix = prefix
    this.app = app
  }

  handle(request: ApiRequest, search: string): Promise<Reply> {
    const rest = request.path.slice(this.prefix.length) || '/'
    return fetchFrom(this.app, request.transport, rest + search)
  }
}

/** @throws HttpProblem 400 for what is no percent-encoding */
function decode(params: Record<string, string> | undefined): Readonly<Record<string, string>> {
  if (params === undefined) return {}
  try {
    return Object.fromEntries(
      Object.entries(params).map(([name, value]) => [name, decodeURIComponent(value)]),
    )
  } catch {
    throw new HttpProblem(400, { detail: 'the path is not percent-encoded as it should be' })
  }
}

/**
 * An api: routes that validate what comes in, and answer with what their handlers return. A plain value is JSON,
 * `undefined` is 204, an `HttpProblem` that is thrown is `application/problem+json`, anything else that is thrown
 * is a 500 which tells the client nothing.
 *
 * @example
 * const app = api({ title: 'Orders', version: '1' })
 * app.get('/orders/:id', ({ params }) => ({ id: params.id }))
 * await run(() => serve(app, { port: 8080 }))
 */
export function api(options: ApiOptions = {}): Api {
  requireOptions('api', options)
  return new Api(options)
}
