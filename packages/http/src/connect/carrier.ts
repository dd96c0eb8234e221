import type { Dispatcher } from 'undici'
import type { HeaderRecord } from '../exchange/outgoing.ts'
import type { LenientHandler } from '../lenient/lenient-client.ts'
import type { ConnectionUser } from './connection.ts'
import type { Proxy } from './proxy.ts'

/** What was agreed on, by its name in TLS [RFC 7301]. */
export type HttpProtocol = 'http/1.1' | 'h2'

/** What carries one request at a time: a connection of HTTP/1.1, or a stream of one of HTTP/2. */
export interface Carrier {
  readonly protocol: HttpProtocol
  /** The address at the other end, where it is known. */
  readonly remoteAddress: string | undefined
  /** The proxy that forwards its requests; one behind a tunnel is out of sight. */
  readonly forwardedBy: Proxy | undefined
  /** Requests that were sent on its connection. */
  readonly served: number
  /** Sends a request. Its user hears of everything through the handler. */
  dispatch(options: Dispatcher.DispatchOptions, handler: LenientHandler & ConnectionUser): void
  /** What goes out with such headers. */
  sentHeaders(headers: HeaderRecord): HeaderRecord
  /** Stops it now: nothing more comes of it. */
  destroy(failure?: () => unknown): void
  /** Calls `then` when it has stopped, at once if it has. */
  onClose(then: () => void): void
  /** Waits until it has stopped; no cancellation shortens it, the grace does. */
  gone(): Promise<void>
}
