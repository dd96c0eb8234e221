import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { isCancelled, moveOnAfter, openGroup, shield } from 'corral'
import type { TaskGroup } from 'corral'
import { HomeContext, requireDuration, requireFunction, requireOptions } from 'corral/lowlevel'
import type { Plan } from '../app/plan.ts'
import type { EngineOptions } from '../engine/engine-options.ts'
import { Engine } from '../engine/engine.ts'
import { HttpProblem } from '../errors.ts'
import type { Transport } from '../transport/transport.ts'
import { GuestTransport } from './guest-transport.ts'

export interface RequestScopesOptions extends Omit<EngineOptions, 'livePath' | 'readyPath'> {
  /** How long a drain gives work in flight before it is cancelled, in milliseconds. Default 30 000. */
  readonly grace?: number
}

/** Options for one kind of request. */
export interface ScopeOptions {
  /** Time limit for a request, in milliseconds; then 504. Default `Infinity`. */
  readonly timeout?: number
  /** What happens to the work when the client disconnects: `cancel` (default), or `finish`. */
  readonly onDisconnect?: 'cancel' | 'finish'
}

/**
 * Scopes for the requests of a foreign server: each is a task, cancelled when its client disconnects or its deadline
 * passes. Made by `openRequestScopes`.
 */
export class RequestScopes implements AsyncDisposable {
  readonly #engine: Engine
  readonly #plans = new WeakMap<Transport, Plan>()
  readonly #group: TaskGroup & AsyncDisposable
  readonly #grace: number
  readonly #home = new HomeContext()

  /** Made by `openRequestScopes`, not by hand. */
  constructor(options: RequestScopesOptions) {
    const { grace = 30_000, ...rest } = options
    requireDuration('openRequestScopes: grace', grace)
    this.#grace = grace
    const plan = (transport: Transport): Plan => this.#plans.get(transport) as Plan
    const all = { ...rest, livePath: false, readyPath: false } as const
    this.#engine = new Engine('openRequestScopes', { plan, lifespans: [] }, all)
    this.#group = openGroup({ name: 'request scopes' })
  }

  /** @internal */
  async start(): Promise<void> {
    await this.#group.start<void>((started) => this.#engine.run(nothing, () => started()), {
      name: 'requests',
    })
  }

  /** Requests and background tasks in flight. */
  get live(): number {
    return this.#engine.live
  }

  /**
   * Runs the work of a request in a scope of its own, and returns its result; the request's task lasts until the
   * framework has sent the response.
   *
   * @throws HttpProblem 504 when its deadline passes, 503 when the scopes are closed or full, 429 for a client over its
   * rate limit, 499 when the client has disconnected, each after the cleanup of `work`
   */
  run<T>(
    incoming: IncomingMessage,
    outgoing: ServerResponse,
    name: string,
    work: () => PromiseLike<T> | T,
    options: ScopeOptions = {},
  ): Promise<T> {
    const transport = new GuestTransport<T>(incoming, outgoing)
    this.#plans.set(transport, { ...options, name, answer: () => answer(transport, work) })
    // Not the context in which the connection was made: its task ended long ago.
    const task = this.#engine.isOpen
      ? this.#home.run(() => this.#engine.accept(transport))
      : undefined
    if (task === undefined) {
      return Promise.reject(new HttpProblem(503, { headers: { connection: 'close' } }))
    }
    const ended = (): void => transport.fail(new HttpProblem(transport.gone ? 499 : 503))
    void task.settled().then(ended)
    return transport.outcome.wait()
  }

  /** A `node:http` listener whose requests have scopes. Its result is awaited if it is a promise. */
  listener(
    listener: (incoming: IncomingMessage, outgoing: ServerResponse) => unknown,
    options: ScopeOptions = {},
  ): RequestListener {
    requireFunction('RequestScopes.listener: listener', listener)
    return (incoming, outgoing) => {
      const [path] = (incoming.url ?? '/').split('?', 1)
      const work = (): unknown => listener(incoming, outgoing)
      const failed = (error: unknown): void => this.#refuse(outgoing, error)
      this.run(incoming, outgoing, `${incoming.method} ${path}`, work, options).catch(failed)
    }
  }

  #refuse(outgoing: ServerResponse, error: unknown): void {
    const problem = error instanceof HttpProblem ? error : new HttpProblem(500, { cause: error })
    if (problem.cause !== undefined) this.#engine.report(problem.cause, 'listener')
    if (outgoing.headersSent || outgoing.destroyed) {
      outgoing.destroy()
      return
    }
    const headers = { 'content-type': 'application/problem+json', ...problem.headers }
    outgoing.writeHead(problem.status, headers as Record<string, string>)
    outgoing.end(JSON.stringify(problem.document))
  }

  /** Ends endless streams, and lets work in flight finish; what is left when the grace is over is cancelled. */
  async drain(): Promise<void> {
    try {
      this.#engine.drain()
      await moveOnAfter(this.#grace, () => this.#engine.idle())
    } finally {
      await shield(() => this[Symbol.asyncDispose]())
    }
  }

  /** Cancels what is in flight, and awaits it. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#engine.stop()
    await this.#group.join()
  }
}

/** The requests come from elsewhere. */
async function nothing(): Promise<() => Promise<void>> {
  return async () => {}
}

/** Failures of the work are left to the framework, unless it was cancelled: then the engine decides. */
async function answer<T>(
  transport: GuestTransport<T>,
  work: () => PromiseLike<T> | T,
): Promise<undefined> {
  try {
    transport.outcome.resolve(await work())
  } catch (error) {
    if (isCancelled(error)) throw error
    transport.fail(error)
  }
  await transport.finished()
}

/**
 * Opens scopes for the requests of an existing server, in the calling scope: ideally that of `run`. The adapters for
 * hono, fastify and express build on it.
 *
 * Cancellation: cancels the requests and awaits them.
 *
 * @example
 * await using scopes = await openRequestScopes({ timeout: 10_000 })
 * const server = createServer(scopes.listener(async (request, response) => response.end(await work())))
 */
export async function openRequestScopes(
  options: RequestScopesOptions = {},
): Promise<RequestScopes> {
  requireOptions('openRequestScopes', options)
  const scopes = new RequestScopes(options)
  await scopes.start()
  return scopes
}
