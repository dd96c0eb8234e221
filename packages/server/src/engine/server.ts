import { Event, moveOnAfter, openGroup, sleep } from 'corral'
import type { TaskGroup } from 'corral'
import {
  HomeContext,
  requireCount,
  requireDuration,
  requireLimit,
  requireOptions,
} from 'corral/lowlevel'
import { toApplication } from '../app/application.ts'
import type { App } from '../app/application.ts'
import { ListenerApplication } from '../app/listener-application.ts'
import { Engine } from './engine.ts'
import { Listener } from './listener.ts'
import type { ServerOptions } from './server-options.ts'

/**
 * Opens a server: its requests are tasks of the scope that it is opened in. Leaving the block cancels them and
 * awaits them; `drain` first lets them end.
 *
 * Cancellation: the server stops listening, its requests are cancelled and awaited, its resources closed.
 *
 * @throws errors from listening, such as EADDRINUSE, or from opening a resource of the application
 * @example
 * await using server = await openServer(app, { port: 0 })
 * const response = await fetch(server.url)
 */
export function openServer(app: App, options: ServerOptions = {}): Promise<Server> {
  return openNamed('openServer', app, options)
}

/** The same for an API that opens a server for its caller. */
export async function openNamed(api: string, app: App, options: ServerOptions): Promise<Server> {
  requireOptions(api, options)
  const server = new Server(app, options, api)
  await server.start()
  return server
}

/** A listening server. Made by `openServer`. */
export class Server implements AsyncDisposable {
  readonly #engine: Engine
  readonly #options: ServerOptions
  readonly #group: TaskGroup & AsyncDisposable
  readonly #listener: Listener
  #drained: Event | undefined
  #url = ''

  /** Made by `openServer`, not by hand. */
  constructor(app: App, options: ServerOptions, api = 'openServer') {
    check(api, options)
    this.#options = options
    const application = toApplication(api, app)
    this.#engine = new Engine(api, application, options)
    this.#group = openGroup({ name: 'server' })
    // The task-local values of the server's opener, not of the first request on a connection.
    const home = new HomeContext()
    this.#listener = new Listener(options, {
      accept: (transport) => void home.run(() => this.#engine.accept(transport)),
      upgrades: (target) => application.upgrades?.(target) === true,
      http2: !(application instanceof ListenerApplication),
      onError: (error) => this.#engine.report(error, 'server'),
    })
  }

  /** Such as `http://127.0.0.1:8080`. */
  get url(): string {
    return this.#url
  }

  /** Where it listens. */
  get port(): number {
    return Number(/\d+$/.exec(this.#url)?.[0])
  }

  /** Requests and background tasks in flight. */
  get live(): number {
    return this.#engine.live
  }

  /** @internal */
  async start(): Promise<void> {
    try {
      await this.#group.start<void>(
        async (started) =>
          this.#engine.run(
            async () => {
              this.#url = await this.#listener.listen(this.#options)
              return () => this.#listener.close()
            },
            () => started(),
          ),
        { name: 'serve' },
      )
    } catch (error) {
      await this.#group[Symbol.asyncDispose]()
      throw error
    }
  }

  /**
   * Shuts down gracefully: the ready path answers 503, after `drainDelay` no more connections are accepted, every
   * response closes its connection, endless streams end; when the grace is over the rest is cancelled. It settles when
   * all work has ended. A second call waits for the same end.
   *
   * Cancellation: cancels the requests and awaits them.
   */
  async drain(): Promise<void> {
    if (this.#drained !== undefined) return this.#drained.wait()
    const drained = new Event()
    this.#drained = drained
    const { drainDelay = 0, grace = 30_000, linger = 1000 } = this.#options
    try {
      this.#engine.unready()
      if (drainDelay > 0) await sleep(drainDelay)
      this.#listener.stopListening()
      this.#engine.drain()
      await moveOnAfter(grace, () => this.#settle(linger))
    } finally {
      await this[Symbol.asyncDispose]()
      drained.set()
    }
  }

  /** All work has ended, and no connection has brought more for a while. */
  async #settle(linger: number): Promise<void> {
    await this.#engine.idle()
    // A request on an idle connection is still answered, and closes it.
    await moveOnAfter(linger, () => this.#listener.closed.wait())
    await this.#engine.idle()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#engine.stop()
    await this.#group.join()
  }
}

function check(api: string, options: ServerOptions): void {
  const { port = 8080, maxHeaderBytes = 16_384, maxConnections = Infinity } = options
  requireCount(`${api}: port`, port, 0)
  requireCount(`${api}: maxHeaderBytes`, maxHeaderBytes)
  requireLimit(`${api}: maxConnections`, maxConnections)
  for (const name of DURATIONS) {
    const ms = options[name]
    if (ms !== undefined) requireDuration(`${api}: ${name}`, ms)
  }
}

const DURATIONS = [
  'headersTimeout',
  'bodyTimeout',
  'readerTimeout',
  'keepAlive',
  'drainDelay',
  'grace',
  'linger',
] as const
