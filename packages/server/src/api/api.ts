import { requireFunction, requireOptions, refuse } from 'corral/lowlevel'
import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { FetchApp } from '../app/fetch-application.ts'
import type { Application, Lifespan, Plan } from '../app/plan.ts'
import { currentRequest } from '../engine/current-request.ts'
import type { Hold } from '../engine/held-resource.ts'
import { HttpProblem } from '../errors.ts'
import { toOpenApi } from '../openapi/to-openapi.ts'
import { Reply, toReply } from '../reply/reply.ts'
import type { Transport } from '../transport/transport.ts'
import { acceptorOf } from './acceptor.ts'
import type { Acceptor, UpgradeOptions } from './acceptor.ts'
import { ApiRequest } from './api-request.ts'
import { Mounted } from './mounted.ts'
import { Route } from './route.ts'
import type { PathParams } from './path-params.ts'
import type { Handler, RouteOptions } from './route.ts'
import { decode, Router } from './router.ts'

export interface ApiOptions {
  /** Title of the document. Default `API`. */
  readonly title?: string
  /** Version in the document. Default `0.0.0`. */
  readonly version?: string
  /** Where the OpenAPI document is served; `false` for nowhere. Default `/openapi.json`. */
  readonly openApiPath?: string | false
}

/** Runs around the handler, in the request's scope: `next` returns its reply, and throws what it throws. */
export type Middleware = (request: ApiRequest, next: () => Promise<Reply>) => unknown

/** Adds a route; the handler's input has the schemas' output types, or what the path names. */
export interface AddRoute<Self> {
  <
    Path extends string,
    P extends Schema = undefined,
    Q extends Schema = undefined,
    H extends Schema = undefined,
    B extends Schema = undefined,
    R extends Schema = undefined,
  >(
    path: Path,
    handler: Handler<P, Q, H, B, R, PathParams<Path>>,
    options?: RouteOptions<P, Q, H, B, R>,
  ): Self
}

const DEFAULT_LIMITS = { maxBodyBytes: 1_048_576, bodyTimeout: 30_000 }
type Schema = StandardSchemaV1 | undefined

/** Routes with schemas. Made by `api`; accepted by `serve`, `openServer` and `testClient`. */
export class Api implements Application {
  readonly title: string
  readonly version: string
  readonly lifespans: Lifespan[] = []
  readonly get: AddRoute<this> = this.#adder('GET')
  readonly post: AddRoute<this> = this.#adder('POST')
  readonly put: AddRoute<this> = this.#adder('PUT')
  readonly patch: AddRoute<this> = this.#adder('PATCH')
  readonly delete: AddRoute<this> = this.#adder('DELETE')
  readonly #routes: Route[] = []
  readonly #router = new Router()
  readonly #around: Middleware[] = []

  /** Made by `api`, not by hand. */
  constructor(options: ApiOptions) {
    this.title = options.title ?? 'API'
    this.version = options.version ?? '0.0.0'
    const { openApiPath = '/openapi.json' } = options
    if (openApiPath !== false) {
      this.#router.add(new Route('GET', openApiPath, () => this.openApi(), {}))
    }
  }

  /** In the order they were added. */
  get routes(): readonly Route[] {
    return this.#routes
  }

  /** The OpenAPI 3.1 document of the routes added so far. */
  openApi(): Record<string, unknown> {
    return toOpenApi(this, this.#routes)
  }

  /**
   * Hands connections over to another protocol: `acceptor` decides, like any handler and inside the same middleware,
   * deadline and limits, and answers with `switchProtocols` or anything else. The request's task lasts as long as the
   * session; its slot and its deadline end with the 101.
   *
   * @example
   * app.upgrade('/chat', websocket(chat))
   */
  upgrade<
    Path extends string,
    P extends Schema = undefined,
    Q extends Schema = undefined,
    H extends Schema = undefined,
  >(
    path: Path,
    acceptor: Acceptor<P, Q, H, PathParams<Path>>,
    options: UpgradeOptions<P, Q, H> = {},
  ): this {
    const { protocol = 'websocket', ...rest } = options
    requireFunction('api.upgrade: acceptor', acceptor)
    this.#add('UPGRADE', path, acceptorOf(acceptor, protocol), rest)
    return this
  }

  /** For the server: whether a request for another protocol finds an acceptor at this path. */
  upgrades(target: string): boolean {
    return this.#router.findUpgrade(target.split('?', 1)[0] as string) !== undefined
  }

  /** Runs `middleware` around every request, in its scope; the first one added is the outermost. */
  use(middleware: Middleware): this {
    requireFunction('api.use: middleware', middleware)
    this.#around.push(middleware)
    return this
  }

  /** Passes everything under `prefix` to another application, which sees the path without the prefix. */
  mount(prefix: string, app: FetchApp | FetchApp['fetch']): this {
    if (typeof prefix !== 'string' || !/^\/[^:*(){}]*[^/:*(){}]$/.test(prefix)) {
      refuse('api.mount: prefix', 'a path such as "/legacy"', prefix)
    }
    const mounted = new Mounted(prefix, typeof app === 'function' ? { fetch: app } : app)
    requireFunction('api.mount: app.fetch', mounted.app.fetch)
    this.#router.mount(mounted)
    return this
  }

  /**
   * A resource that is open as long as the server: `hold` opens it before the server listens, calls `use`, and closes
   * it after the server has drained. Several are closed in reverse order.
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

  /** For the server: the plan for a request. */
  plan(transport: Transport): Plan {
    const { method, target } = transport
    const at = target.indexOf('?')
    const path = at < 0 ? target : target.slice(0, at)
    const search = at < 0 ? '' : target.slice(at)
    const found = this.#router.find(method, path, transport.upgradable)
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
    const { timeout, onDisconnect, clientLimit } = work.options
    const { name, admission } = work
    const answer = (): Promise<Reply> => this.#through(request, () => work.handle(request))
    return { name, timeout, onDisconnect, clientLimit, admission, answer }
  }

  #adder(method: string): AddRoute<this> {
    return (path, handler, options) => {
      this.#routes.push(this.#add(method, path, handler, options))
      return this
    }
  }

  #add(method: string, path: string, handler: unknown, options: object = {}): Route {
    const api = `api.${method.toLowerCase()}`
    requireFunction(`${api}: handler`, handler)
    requireOptions(api, options)
    if (typeof path !== 'string' || !path.startsWith('/')) {
      refuse(`${api}: path`, 'a string that begins with "/"', path)
    }
    const route = new Route(method, path, handler as (context: never) => unknown, options)
    this.#router.add(route)
    return route
  }

  /** There is no such path, or it does not accept this method. */
  #nothing(method: string, path: string): Promise<Reply> {
    const allow = this.#router.allowed(path).join(', ')
    if (allow === '') return Promise.reject(new HttpProblem(404))
    if (method === 'OPTIONS') return Promise.resolve(new Reply(204, { allow }, undefined))
    return Promise.reject(new HttpProblem(405, { headers: { allow } }))
  }

  #through(request: ApiRequest, work: () => Promise<Reply>): Promise<Reply> {
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

/**
 * An api: routes that validate their input, and answer with what their handlers return. A plain value is JSON,
 * `undefined` is 204, a thrown `HttpProblem` is `application/problem+json`, anything else thrown is a 500 that reveals
 * nothing to the client.
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
