import { HttpSession, type ConnectOptions } from '@corral/http'
import { publicAddresses } from '../fetch/address-guard.ts'
import type { CrawlLimits } from './crawl-limits.ts'

/** Opens the HTTP session of a crawl that was given none: it keeps to the limits, and out of private networks. */
export function openSession(
  seeds: readonly string[],
  limits: CrawlLimits,
  connect: ConnectOptions = {},
): HttpSession {
  const { concurrency, concurrencyPerHost, timeout } = limits
  return new HttpSession({
    limit: concurrency,
    limitPerHost: concurrencyPerHost,
    timeout,
    connect: { allowAddress: publicAddresses(seeds), ...connect },
  })
}
