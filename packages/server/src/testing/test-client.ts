import { MisuseError, openGroup } from 'corral'
import { toApplication } from '../app/application.ts'
import type { App } from '../app/application.ts'
import { Engine } from '../engine/engine.ts'
import type { EngineOptions } from '../engine/engine-options.ts'
import { toJson } from '../reply/to-json.ts'
import { MemoryTransport } from '../transport/memory-transport.ts'
import type { RequestHeaders } from '../transport/transport.ts'
import { Call } from './call.ts'

export interface CallOptions {
  readonly headers?: RequestHeaders
  /** Sent as JSON. */
  readonly json?: unknown
  /** Sent as it is, chunk by chunk, on demand. */
  readonly body?: string | Uint8Array | AsyncIterable<string | Uint8Array>
  /** The client's address. Default `127.0.0.1`. */
  readonly remoteAddress?: string
}

/** A client that calls an application without sockets. Opened by `testClient`. */
export interface TestClient extends AsyncDisposable {
  get(target: string, options?: CallOptions): Call
  post(target: string, options?: CallOptions): Call
  put(target: string, options?: CallOptions): Call
  patch(target: string, options?: CallOptions): Call
  delete(target: string, options?: CallOptions): Call
  request(method: string, target: string, options?: CallOptions): Call
  /** Requests and background tasks in flight. */
  readonly live: number
  /** Waits until nothing is in flight. */
  idle(): Promise<void>
}

/**
 * Opens an application without sockets: `testRun` makes its timeouts take no time, `explore` finds its races. Its
 * resources are open until the block is left, which cancels what is in flight. A response that does not match its
 * route's schema is a 500.
 *
 * Cancellation: cancels the requests, awaits them, closes the resources.
 *
 * @throws errors from opening a resource of the application
 * @example
 * await testRun(async () => {
 *   await using client = await testClient(app)
 *   const call = client.get('/slow')
 *   await sleep(100)
 *   call.disconnect()
 *   await call.ended()
 * })
 */
export async function testClient(app: App, options: EngineOptions = {}): Promise<TestClient> {
  const engine = new Engine('testClient', toApplication('testClient', app), options, true)
  const group = openGroup({ name: 'testClient' })
  try {
    await group.start<void>((started) => engine.run(nothing, () => started()), {
      name: 'serve',
    })
  } catch (error) {
    await group[Symbol.asyncDispose]()
    throw error
  }
  return new Client(engine, group)
}

class Client implements TestClient {
  readonly #engine: Engine
  readonly #group: ReturnType<typeof openGroup>

  constructor(engine: Engine, group: ReturnType<typeof openGroup>) {
    this.#engine = engine
    this.#group = group
  }

  get(target: string, options?: CallOptions): Call {
    return this.request('GET', target, options)
  }

  post(target: string, options?: CallOptions): Call {
    return this.request('POST', target, options)
  }

  put(target: string, options?: CallOptions): Call {
    return this.request('PUT', target, options)
  }

  patch(target: string, options?: CallOptions): Call {
    return this.request('PATCH', target, options)
  }

  delete(target: string, options?: CallOptions): Call {
    return this.request('DELETE', target, options)
  }

  request(method: string, target: string, options: CallOptions = {}): Call {
    const { remoteAddress = '127.0.0.1' } = options
    const json = options.json === undefined ? undefined : toJson(options.json)
    const body = options.body ?? json
    const headers = {
      host: 'localhost',
      ...(json === undefined ? undefined : { 'content-type': 'application/json' }),
      ...options.headers,
    }
    const pieces = typeof body === 'string' || body instanceof Uint8Array ? once(body) : body
    const transport = new MemoryTransport(method, target, headers, pieces, remoteAddress)
    const task = this.#engine.accept(transport)
    if (task === undefined) {
      throw new MisuseError('testClient: it was closed; call it inside its block')
    }
    return new Call(transport, task)
  }

  get live(): number {
    return this.#engine.live
  }

  idle(): Promise<void> {
    return this.#engine.idle()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#engine.stop()
    await this.#group.join()
  }
}

async function* once(body: string | Uint8Array): AsyncGenerator<string | Uint8Array> {
  yield body
}

/** The only source of requests is the client itself. */
async function nothing(): Promise<() => Promise<void>> {
  return async () => {}
}
