import { createServer as createHttp } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer as createTcp } from 'node:net'
import type { AddressInfo, Server, Socket } from 'node:net'
import { createServer as createTls } from 'node:tls'
import type { TlsOptions } from 'node:tls'

/** A server on loopback that can tell which sockets it has. Disposing it drops them all. */
export class TestServer implements AsyncDisposable {
  static http(
    listener: (request: IncomingMessage, response: ServerResponse) => unknown,
  ): Promise<TestServer> {
    const server = createHttp((request, response) => void listener(request, response))
    return new TestServer(server).#listen('http')
  }

  /** Every connection is handed over as it is. */
  static tcp(onSocket: (socket: Socket) => void, scheme = 'http'): Promise<TestServer> {
    return new TestServer(createTcp({ noDelay: true }, onSocket)).#listen(scheme)
  }

  static tls(options: TlsOptions, onSocket: (socket: Socket) => void): Promise<TestServer> {
    return new TestServer(createTls(options, onSocket)).#listen('https')
  }

  url = ''
  /** Connections so far. */
  accepted = 0
  /** Connections that are open now, and how many there were at most. */
  readonly sockets = new Set<Socket>()
  most = 0
  readonly #server: Server
  #watchers: (() => void)[] = []

  constructor(server: Server) {
    this.#server = server
    server.on('connection', (socket: Socket) => {
      this.accepted += 1
      this.sockets.add(socket)
      this.most = Math.max(this.most, this.sockets.size)
      socket.on('error', () => {})
      socket.on('close', () => {
        this.sockets.delete(socket)
        this.changed()
      })
      this.changed()
    })
    server.on('tlsClientError', () => {})
  }

  /** Something happened that a test may wait for. */
  changed(): void {
    const watchers = this.#watchers
    this.#watchers = []
    for (const watcher of watchers) watcher()
  }

  /** Waits until `predicate` holds; asked again whenever something changed at the server. */
  async until(predicate: () => boolean): Promise<void> {
    while (!predicate()) {
      const { promise, resolve } = Promise.withResolvers<void>()
      this.#watchers.push(resolve)
      await promise
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.sockets) socket.destroy()
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#server.close(() => resolve())
    await promise
  }

  async #listen(scheme: string): Promise<this> {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#server.listen(0, '127.0.0.1', resolve)
    await promise
    this.url = `${scheme}://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`
    return this
  }
}

/** A whole response as it goes over the wire. */
export function raw(head: string, body = ''): string {
  return `${head.trim().replaceAll(/\n\s*/g, '\r\n')}\r\n\r\n${body}`
}
