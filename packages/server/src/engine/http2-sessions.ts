import { performServerHandshake } from 'node:http2'
import type { ServerHttp2Session, ServerHttp2Stream } from 'node:http2'
import type { Server as HttpServer } from 'node:http'
import type { TLSSocket } from 'node:tls'
import { Http2Transport } from '../transport/http2-transport.ts'
import type { Accepting } from './listener.ts'
import type { ServerOptions } from './server-options.ts'

/** Maximum concurrent streams per session: further ones are refused, and the client retries them later. */
const MAX_STREAMS = 128

/** A server's HTTP/2 connections, each with many requests at a time. */
export class Http2Sessions {
  readonly #sessions = new Set<ServerHttp2Session>()
  readonly #options: ServerOptions
  readonly #accepting: Accepting
  #closing = false

  constructor(options: ServerOptions, accepting: Accepting) {
    this.#options = options
    this.#accepting = accepting
  }

  /** Takes the HTTP/2 connections from a secure server. */
  divide(http: HttpServer): void {
    const others = http.listeners('secureConnection')
    http.removeAllListeners('secureConnection')
    http.on('secureConnection', (socket: TLSSocket) => {
      if (socket.alpnProtocol === 'h2') this.#open(socket)
      else for (const other of others) other.call(http, socket)
    })
  }

  /** Tells every client that no further requests are accepted; those in flight are answered. */
  close(): void {
    this.#closing = true
    for (const session of this.#sessions) session.close()
  }

  destroy(): void {
    for (const session of this.#sessions) session.destroy()
  }

  #open(socket: TLSSocket): void {
    const { keepAlive = 65_000, maxHeaderBytes = 16_384, readerTimeout = 30_000 } = this.#options
    const session = performServerHandshake(socket, {
      settings: { maxConcurrentStreams: MAX_STREAMS, maxHeaderListSize: maxHeaderBytes },
    })
    let live = 0
    this.#sessions.add(session)
    session.on('error', () => {}) // 'close' follows
    session.once('close', () => this.#sessions.delete(session))
    if (keepAlive !== Infinity) {
      session.setTimeout(keepAlive, () => {
        if (live === 0) session.close()
      })
    }
    session.on('stream', (stream: ServerHttp2Stream, headers) => {
      live += 1
      stream.once('close', () => (live -= 1))
      if (bytesOf(headers) > maxHeaderBytes) {
        stream.on('error', () => {}).resume()
        stream.respond({ ':status': 431 }, { endStream: true })
        return
      }
      this.#accepting.accept(new Http2Transport(stream, headers, readerTimeout))
    })
    if (this.#closing) session.close()
  }
}

function bytesOf(headers: object): number {
  let bytes = 0
  for (const [name, value] of Object.entries(headers)) bytes += name.length + String(value).length
  return bytes
}
