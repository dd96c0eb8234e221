import { MisuseError } from 'corral'
import type { RetryOptions } from 'corral'
import { describe, requireDuration, requireLimit } from 'corral/lowlevel'
import type { TraceContext } from './services/propagation.ts'
import type { ConnectOptions } from './connect/connect-options.ts'
import { leniencies } from './leniency.ts'
import type { Leniency } from './leniency.ts'

/** Names in any case; several values are sent as several headers. */
export type RequestHeaders = Readonly<Record<string, string | readonly string[]>>

/** What may be said for a session, and again for one request. */
export interface CommonOptions {
  /** Those of a request replace those of the session with the same name. */
  readonly headers?: RequestHeaders
  /** For all of one attempt: waiting in line, connecting, redirects, to the end of the body. Default 300 000 ms. */
  readonly timeout?: number
  /** For the name to be resolved and the connection to be made, TLS included. Default 10 000 ms. */
  readonly connectTimeout?: number
  /** From sending the request to having the headers. Default 30 000 ms. */
  readonly headersTimeout?: number
  /** Between one piece of the body and the next; not counted while the reader is slow. Default 30 000 ms. */
  readonly bodyTimeout?: number
  /** `manual` (the default) hands out a redirect as it is; `follow` goes after it. */
  readonly redirect?: 'manual' | 'follow'
  /** Redirects that are followed at most. Default 10. */
  readonly maxRedirects?: number
  /** Ask for packed bodies and unpack them: gzip, deflate, br, zstd. Default true. */
  readonly decompress?: boolean
  /** Bytes that a body may have, as they come and again unpacked; more is a TOO_LARGE. Default Infinity. */
  readonly maxBytes?: number
  /** What answers may do that the standards forbid and browsers put up with: see `Leniency`. Default none. */
  readonly tolerate?: readonly Leniency[]
  /**
   * Send requests again that failed on the network, or with status 408, 425, 429, 500, 502, 503 or 504:
   * if sending twice is as good as once (GET, HEAD, PUT, DELETE, OPTIONS, TRACE), or nothing was sent.
   * A Retry-After of up to a minute is obeyed. Left out: one attempt. `{}`: three.
   */
  readonly retry?: RetryOptions
}

export interface HttpSessionOptions extends CommonOptions {
  /** Requests at a time. Default 100. */
  readonly limit?: number
  /** Requests at a time to one host and port. Default Infinity: as many as `limit`. */
  readonly limitPerHost?: number
  /**
   * Connections at a time, idle ones included: at least `limit`, which is the default. Who asks several hosts in turn keeps
   * more of them open, rather than closing that of one host for the request to the next.
   */
  readonly maxConnections?: number
  /** How long an idle connection is kept; less when the server says so; 0 keeps none. Default 15 000 ms. */
  readonly keepAlive?: number
  /** Bytes that the headers of a response may have. Default 32 768. */
  readonly maxHeaderBytes?: number
  /** Origins of one's own: they are told how much time is left (`request-timeout-ms`), and the trace. */
  readonly propagate?: readonly string[]
  /** The trace that a request belongs to, such as `traceContext` of `@corral/server`. */
  readonly trace?: () => TraceContext | undefined
  /**
   * Offer HTTP/2 to hosts of https: those that speak it get one connection for all requests, the limits stay what they are.
   * Default false.
   */
  readonly http2?: boolean
  /** How connections are made: resolver, address guard, certificates. */
  readonly connect?: ConnectOptions
}

export type BodyInput = string | Uint8Array | AsyncIterable<Uint8Array> | Iterable<Uint8Array>

export interface RequestOptions extends CommonOptions {
  /** Default GET. */
  readonly method?: string
  /** What is sent; a stream is sent as it comes, and cannot be sent again. */
  readonly body?: BodyInput
  /** What is sent as JSON, in place of `body`. */
  readonly json?: unknown
}

export type Settings = Required<Omit<CommonOptions, 'headers' | 'retry'>> & {
  readonly retry: RetryOptions | undefined
}

/** The settings of one attempt, and when its time is over, in milliseconds since the epoch. */
export interface AttemptSettings extends Settings {
  readonly totalAt: number
}

const defaults: Settings = {
  timeout: 300_000,
  connectTimeout: 10_000,
  headersTimeout: 30_000,
  bodyTimeout: 30_000,
  redirect: 'manual',
  maxRedirects: 10,
  decompress: true,
  maxBytes: Infinity,
  tolerate: [],
  retry: undefined,
}

const counts = ['maxRedirects', 'maxBytes'] as const
const durations = ['timeout', 'connectTimeout', 'headersTimeout', 'bodyTimeout'] as const

/** For a request about which nothing is said. */
export const noOptions: RequestOptions = {}

/** The settings of a session, or of one request on top of them; checked. */
export function settingsOf(
  api: string,
  options: CommonOptions,
  base: Settings = defaults,
): Settings {
  if (options === noOptions) return base
  for (const name of durations) {
    if (options[name] !== undefined) requireDuration(`${api}: ${name}`, options[name])
  }
  for (const name of counts) {
    if (options[name] !== undefined) requireLimit(`${api}: ${name}`, options[name], 0)
  }
  const { redirect = base.redirect, retry = base.retry } = options
  if (redirect !== 'manual' && redirect !== 'follow') {
    refuse(api, "redirect must be 'manual' or 'follow'", redirect)
  }
  if (options.tolerate !== undefined) requireLeniencies(api, options.tolerate)
  if (retry !== undefined && (typeof retry !== 'object' || retry === null)) {
    refuse(api, 'retry must be an object of retry options', retry)
  }
  return {
    timeout: options.timeout ?? base.timeout,
    connectTimeout: options.connectTimeout ?? base.connectTimeout,
    headersTimeout: options.headersTimeout ?? base.headersTimeout,
    bodyTimeout: options.bodyTimeout ?? base.bodyTimeout,
    maxRedirects: options.maxRedirects ?? base.maxRedirects,
    decompress: options.decompress ?? base.decompress,
    maxBytes: options.maxBytes ?? base.maxBytes,
    tolerate: options.tolerate ?? base.tolerate,
    redirect,
    retry,
  }
}

function requireLeniencies(api: string, given: readonly string[]): void {
  for (const each of given) {
    if (!(leniencies as readonly string[]).includes(each)) {
      refuse(api, `tolerate must be a list of ${leniencies.join(', ')}`, each)
    }
  }
}

function refuse(api: string, rule: string, value: unknown): never {
  throw new MisuseError(`${api}: ${rule}, got ${describe(value)}`)
}
