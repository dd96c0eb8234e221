import type { AdmissionOptions } from '../limits/admission.ts'
import type { ClientLimit } from '../limits/client-limit.ts'

/** How a request ended: answered, left by its client, out of time, refused for lack of room, cancelled by the server. */
export type Outcome = 'answered' | 'disconnected' | 'timed out' | 'shed' | 'failed' | 'cancelled'

/** Told of every request when it has ended, its cleanup included. */
export interface RequestEvent {
  /** As in the task tree: `POST /users/:id/orders #41`. */
  readonly name: string
  readonly method: string
  /** Path and query as they were sent. */
  readonly target: string
  /** The client's address, according to `trustedProxies`. */
  readonly client: string
  /** The status that was sent; 0 for none. */
  readonly status: number
  readonly outcome: Outcome
  /** From the arrival of the headers to the end of the task, in milliseconds. */
  readonly ms: number
}

/** What holds for every request; `limit`, `queue` and `queueTimeout` for all routes together. */
export interface EngineOptions extends AdmissionOptions {
  /** The longest time for a request, in milliseconds, whatever client and route say. Default `Infinity`. */
  readonly timeout?: number
  /** How often one client may ask, over all routes; `clientLimit` makes one. Default: as often as it likes. */
  readonly clientLimit?: ClientLimit
  /** Proxies in front that add to `x-forwarded-for`, counted from here. Default 0: it is not believed. */
  readonly trustedProxies?: number
  /** Answers 200 while the process lives; `false` for none. Default `/livez`. */
  readonly livePath?: string | false
  /** Answers 200, and 503 from the moment that the server drains; `false` for none. Default `/readyz`. */
  readonly readyPath?: string | false
  /** Told, once, of an error that the client must not see. Default: it is printed with the request's name. */
  readonly onError?: (error: unknown, name: string) => void
  /** The access log: told of every request when it has ended. */
  readonly onRequest?: (event: RequestEvent) => void
}
