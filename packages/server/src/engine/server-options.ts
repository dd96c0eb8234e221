import type { TlsOptions } from 'node:tls'
import type { EngineOptions } from './engine-options.ts'

/** Where a server listens, and what it bears. */
export interface ServerOptions extends EngineOptions {
  /** 0 for any that is free. Default 8080. */
  readonly port?: number
  /** Default: all addresses of the machine. */
  readonly host?: string
  /** Key and certificate, as those of `node:tls`: HTTPS then, with HTTP/2 for those who speak it. */
  readonly tls?: TlsOptions
  /** How long a client may take to send the headers, in milliseconds. Default 10 000. */
  readonly headersTimeout?: number
  /** How long it may take to send the body after them, in milliseconds. Default 30 000. */
  readonly bodyTimeout?: number
  /** How long it may take nothing of its answer, in milliseconds. Default 30 000. */
  readonly readerTimeout?: number
  /** How long an idle connection is kept, in milliseconds: longer than the proxy in front keeps it. Default 65 000. */
  readonly keepAlive?: number
  /** Bytes that the headers of a request may have; 431 for more. Default 16 384. */
  readonly maxHeaderBytes?: number
  /** Connections at a time; more are closed. Default `Infinity`. */
  readonly maxConnections?: number
  /** From the 503 of the ready path to the end of listening, in milliseconds. Default 0. */
  readonly drainDelay?: number
  /** How long the work under way may take after that, before it is cancelled, in milliseconds. Default 30 000. */
  readonly grace?: number
  /** How long an idle connection is left open once nothing is under way: a request may be on its way. Default 1000. */
  readonly linger?: number
}
