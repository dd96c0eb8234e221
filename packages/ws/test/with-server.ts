import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { openWebSocketServer } from '@corral/ws'
import type { WebSocketRoutes, WebSocketServer } from '@corral/ws'
import { currentSignal, run } from 'corral'
import { WebSocket } from 'ws'

export interface TestServer {
  readonly url: string
  readonly port: number
  readonly sockets: WebSocketServer
}

/** Runs `body` beside a server of `node:http` on a free port. */
export async function withServer(
  routes: WebSocketRoutes,
  body: (server: TestServer) => Promise<void>,
): Promise<void> {
  await run(async () => {
    const http = createServer((_request, response) => response.end('plain'))
    await using sockets = openWebSocketServer(http, routes)
    http.listen(0, '127.0.0.1')
    await once(http, 'listening', { signal: currentSignal() })
    const { port } = http.address() as AddressInfo
    try {
      await body({ url: `ws://127.0.0.1:${port}`, port, sockets })
    } finally {
      http.closeAllConnections()
      http.close()
    }
  })
}

/** A client that keeps what it gets. */
export class TestClient {
  readonly socket: WebSocket
  readonly got: string[] = []
  readonly closed: Promise<{ code: number; reason: string }>

  constructor(url: string, protocols: string[] = [], headers: Record<string, string> = {}) {
    this.socket = new WebSocket(url, protocols, { headers })
    this.socket.on('message', (data) => this.got.push((data as Buffer).toString()))
    this.socket.on('error', () => {})
    this.closed = new Promise((resolve) => {
      this.socket.on('close', (code, reason) => resolve({ code, reason: reason.toString() }))
    })
  }

  async open(): Promise<this> {
    await once(this.socket, 'open', { signal: currentSignal() })
    return this
  }

  /** Waits until so many messages have come. */
  async until(count: number): Promise<readonly string[]> {
    while (this.got.length < count) await once(this.socket, 'message', { signal: currentSignal() })
    return this.got
  }

  /** The status with which the request is refused. */
  async refused(): Promise<number> {
    const [, response] = (await once(this.socket, 'unexpected-response', {
      signal: currentSignal(),
    })) as [unknown, { statusCode: number }]
    this.socket.terminate()
    return response.statusCode
  }
}

export async function connect(
  url: string,
  protocols: string[] = [],
  headers: Record<string, string> = {},
): Promise<TestClient> {
  return new TestClient(url, protocols, headers).open()
}

/** Waits until `test` holds, for as long as it takes. */
export async function until(test: () => boolean): Promise<void> {
  while (!test()) {
    await new Promise((resolve) => {
      setTimeout(resolve, 5)
    })
  }
}
