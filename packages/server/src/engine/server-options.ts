import type { TlsOptions } from 'node:tls'
import type { EngineOptions } from './engine-options.ts'

/** Where a server listens, and its limits. */
export interface ServerOptions extends EngineOptions {
  /** 0 for any free port. Default 8080. */
  readonly port?: number
  /** Default: all addresses of the machine. */
  readonly host?: string
  /** Key and certificate, as for `node:tls`: enables HTTPS, with HTTP/2 for clients that speak it. */
  readonly tls?: TlsOptions
  /** How long a client may take to send the headers, in milliseconds. Default 10 000. */
  readonly headersTimeout?: number
  /** How long it may take to send the body after them, in milliseconds. Default 30 000. */
  readonly bodyTimeout?: number
  /** How long a client may read nothing of its response, in milliseconds. Default 30 000. */
  readonly readerTimeout?: number
  /** How long an idle connection is kept, in milliseconds: longer than the proxy in front keeps it. Default 65 000. */
  readonly keepAlive?: number
  /** Maximum bytes of a request's headers; 431 beyond it. Default 16 384. */
  readonly maxHeaderBytes?: number
  /** Maximum connections at a time; further ones are closed. Default `Infinity`. */
  readonly maxConnections?: number
  /** From the 503 of the ready path to the end of listening, in milliseconds. Default 0. */
  readonly drainDelay?: number
  /** How long work in flight may take after that before it is cancelled, in milliseconds. Default 30 000. */
  readonly grace?: number
  /**
   * How long idle connections stay open once nothing is in flight, in milliseconds: a request may be on its way.
   * Default 1000.
   */
  readonly linger?: number
}
