import { currentSignal } from 'corral'
import { fromResponse } from '../reply/reply.ts'
import type { Reply } from '../reply/reply.ts'
import type { RequestHeaders, Transport } from '../transport/transport.ts'
import type { Application, Plan } from './plan.ts'

/** A web-standard application: hono, h3, elysia and others. */
export interface FetchApp {
  fetch(request: Request): Response | PromiseLike<Response>
}

/** Serves a `{ fetch(request) }`. The request's signal is its scope's. */
export class FetchApplication implements Application {
  readonly lifespans: readonly [] = []
  readonly #app: FetchApp

  constructor(app: FetchApp) {
    this.#app = app
  }

  plan(transport: Transport): Plan {
    const [path] = transport.target.split('?', 1)
    return {
      name: `${transport.method} ${path}`,
      answer: () => fetchFrom(this.#app, transport, transport.target),
    }
  }
}

export async function fetchFrom(
  app: FetchApp,
  transport: Transport,
  target: string,
): Promise<Reply> {
  return fromResponse(await app.fetch(toRequest(transport, target)))
}

function toRequest(transport: Transport, target: string): Request {
  const { method, headers } = transport
  const host = typeof headers['host'] === 'string' ? headers['host'] : 'localhost'
  const init: RequestInit = { method, headers: toHeaders(headers), signal: currentSignal() }
  if (method !== 'GET' && method !== 'HEAD') {
    init.body = toStream(transport)
    init.duplex = 'half'
  }
  return new Request(new URL(target, `http://${host}`), init)
}

function toHeaders(headers: RequestHeaders): Headers {
  const result = new Headers()
  for (const [name, value] of Object.entries(headers)) {
    if (name.startsWith(':') || value === undefined) continue
    if (typeof value === 'string') result.append(name, value)
    else for (const one of value) result.append(name, one)
  }
  return result
}

/** The body, read on demand: at most one chunk ahead. */
function toStream(transport: Transport): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const piece = await transport.read()
        if (piece === undefined) controller.close()
        else controller.enqueue(piece)
      },
    },
    { highWaterMark: 0 },
  )
}
