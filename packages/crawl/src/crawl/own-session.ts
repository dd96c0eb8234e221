import { DnsCache, HttpSession, leniencies, type ConnectOptions } from '@corral/http'
import { publicAddresses } from '../fetch/address-guard.ts'
import type { CrawlLimits } from './crawl-limits.ts'
import type { CrawlSession } from './crawl-session.ts'

export interface OwnSessionOptions {
  readonly connect?: ConnectOptions | undefined
  readonly proxy?: string | readonly string[] | undefined
  readonly http2?: boolean | undefined
  readonly headers?: Readonly<Record<string, string>> | undefined
}

/** As browsers have it: some sites say a lot. */
const maxHeaderBytes = 256 * 1024

/** Opens the HTTP session of a crawl that was given none: it keeps to the limits, and out of private networks. */
export function openSession(
  seeds: readonly string[],
  limits: CrawlLimits,
  { connect = {}, proxy, http2 = false, headers = {} }: OwnSessionOptions = {},
): CrawlSession & AsyncDisposable {
  const { concurrency, concurrencyPerHost, timeout } = limits
  const { allowAddress = publicAddresses(seeds), lookup = new DnsCache().lookup } = connect
  const proxyAuthorization = proxyAuthorizationOf(headers)
  return new HttpSession({
    limit: concurrency,
    limitPerHost: concurrencyPerHost,
    // Hosts take turns: with no more than are in use, each request would close the connection of one host for the next.
    maxConnections: 2 * concurrency,
    timeout,
    maxHeaderBytes,
    tolerate: leniencies,
    http2,
    connect: {
      ...connect,
      lookup,
      allowAddress,
      ...(proxy === undefined ? {} : { proxy }),
      ...(proxyAuthorization === undefined ? {} : { proxyAuthorization }),
    },
  })
}

/** A header for proxies is for ours, where there is one. */
function proxyAuthorizationOf(headers: Readonly<Record<string, string>>): string | undefined {
  return Object.entries(headers).find(([name]) => name.toLowerCase() === 'proxy-authorization')?.[1]
}
