import type { AdmissionOptions } from '../limits/admission.ts'
import type { ClientLimit } from '../limits/client-limit.ts'

/**
 * How a request ended: answered, abandoned by its client, timed out, shed for lack of capacity, failed, cancelled by
 * the server.
 */
export type Outcome = 'answered' | 'disconnected' | 'timed out' | 'shed' | 'failed' | 'cancelled'

/** Reports every request when it has ended, including its cleanup. */
export interface RequestEvent {
  /** As in the task tree: `POST /users/:id/orders #41`. */
  readonly name: string
  readonly method: string
  /** Path and query as sent. */
  readonly target: string
  /** The client's address, according to `trustedProxies`. */
  readonly client: string
  /** The status sent; 0 for none. */
  readonly status: number
  readonly outcome: Outcome
  /** From the arrival of the headers to the end of the task, in milliseconds. */
  readonly ms: number
}

/** Options for every request; `limit`, `queue` and `queueTimeout` apply to all routes together. */
export interface EngineOptions extends AdmissionOptions {
  /** Upper bound for every request, in milliseconds, whatever the client and the route say. Default `Infinity`. */
  readonly timeout?: number
  /** Rate limit per client, over all routes, made by `clientLimit`. Default: unlimited. */
  readonly clientLimit?: ClientLimit
  /** Number of proxies in front that append to `x-forwarded-for`. Default 0: the header is not trusted. */
  readonly trustedProxies?: number
  /** Answers 200 while the process lives; `false` to disable. Default `/livez`. */
  readonly livePath?: string | false
  /** Answers 200, and 503 once the server drains; `false` to disable. Default `/readyz`. */
  readonly readyPath?: string | false
  /** Called once for each error that the client must not see. Default: prints it with the request's name. */
  readonly onError?: (error: unknown, name: string) => void
  /** The access log: called for every request when it has ended. */
  readonly onRequest?: (event: RequestEvent) => void
}
