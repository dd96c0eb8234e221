import { createServer } from 'node:http'
import type { IncomingMessage, Server as HttpServer, ServerResponse } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import { Server as NetServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import { Future } from 'corral'
import { NodeTransport } from '../transport/node-transport.ts'
import type { Transport } from '../transport/transport.ts'
import { canUpgrade, upgradeTransport } from '../transport/upgrade-transport.ts'
import { Http2Sessions } from './http2-sessions.ts'
import type { ServerOptions } from './server-options.ts'

export interface Accepting {
  accept(transport: Transport): void
  /** Whether an acceptor for another protocol exists at this target. */
  upgrades(target: string): boolean
  /** Whether HTTP/2 requests can be served too. */
  readonly http2: boolean
  onError(error: unknown): void
}

/** Listens on a port, and turns each request into a transport, for any version of HTTP. */
export class Listener {
  readonly #http: HttpServer
  readonly #sessions: Http2Sessions | undefined
  readonly #closed = new Future<void>()
  readonly #accepting: Accepting

  constructor(options: ServerOptions, accepting: Accepting) {
    this.#accepting = accepting
    const { readerTimeout = 30_000 } = options
    if (options.tls !== undefined && accepting.http2) {
      this.#sessions = new Http2Sessions(options, accepting)
    }
    this.#http = this.#create(options)
    const accept =
      (expectsContinue: boolean) =>
      (incoming: IncomingMessage, outgoing: ServerResponse): void => {
        incoming.on('error', ignore) // a client that disconnects in the middle of its body
        outgoing.on('error', ignore)
        accepting.accept(new NodeTransport(incoming, outgoing, { readerTimeout, expectsContinue }))
      }
    this.#http.on('request', accept(false)).on('checkContinue', accept(true))
    this.#http.on('upgrade', (incoming, socket, head) => {
      const transport = upgradeTransport(incoming, socket as Socket, head, readerTimeout)
      if (transport !== undefined) accepting.accept(transport)
    })
    this.#http.once('close', () => this.#closed.resolve())
  }

  /** The listener is closed, and the last connection is gone. */
  get closed(): Future<void> {
    return this.#closed
  }

  /** @returns where it listens */
  async listen({ port = 8080, host, tls }: ServerOptions): Promise<string> {
    const http = this.#http
    const listening = new Future<void>()
    http.once('error', (error) => listening.reject(error))
    http.listen({ port, ...(host === undefined ? undefined : { host }) }, () => listening.resolve())
    try {
      await listening
    } catch (error) {
      http.close()
      throw error
    }
    http.removeAllListeners('error')
    http.on('error', (error) => this.#accepting.onError(error))
    const { address, port: actual, family } = http.address() as AddressInfo
    const shown = address === '::' || address === '0.0.0.0' ? 'localhost' : address
    const name = family === 'IPv6' && shown !== 'localhost' ? `[${shown}]` : shown
    return `${tls === undefined ? 'http' : 'https'}://${name}:${actual}`
  }

  /** Closes only the listener: `http.Server.close` would cut connections on which a request is on its way. */
  stopListening(): void {
    if (this.#http.listening) NetServer.prototype.close.call(this.#http)
    this.#sessions?.close()
  }

  /** Cuts every connection; settles when all are gone. */
  async close(): Promise<void> {
    this.stopListening()
    this.#http.closeAllConnections()
    this.#sessions?.destroy()
    await this.#closed.wait()
  }

  #create(options: ServerOptions): HttpServer {
    const { headersTimeout = 10_000, bodyTimeout = 30_000, keepAlive = 65_000 } = options
    const { maxHeaderBytes = 16_384, maxConnections = Infinity, tls } = options
    const settings = {
      headersTimeout,
      requestTimeout: finite(headersTimeout + bodyTimeout),
      keepAliveTimeout: keepAlive,
      maxHeaderSize: maxHeaderBytes,
      connectionsCheckingInterval: Math.min(1000, headersTimeout),
      noDelay: true,
      shouldUpgradeCallback: (incoming: IncomingMessage): boolean =>
        this.#accepting.upgrades(incoming.url ?? '/') && canUpgrade(incoming),
    }
    const sessions = this.#sessions
    const http =
      tls === undefined
        ? createServer(settings)
        : createSecureServer({
            ...settings,
            ...tls,
            handshakeTimeout: finite(headersTimeout),
            ALPNProtocols: sessions === undefined ? ['http/1.1'] : ['h2', 'http/1.1'],
          })
    if (maxConnections !== Infinity) http.maxConnections = maxConnections
    sessions?.divide(http)
    return http
  }
}

function ignore(): void {
  // 'close' follows and reports it
}

function finite(ms: number): number {
  return ms === Infinity ? 0 : ms
}
