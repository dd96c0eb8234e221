import type { ConnectOptions } from '@corral/http'
import { isPublicAddress } from './public-address.ts'

/** What `allowAddress` of an HTTP session takes. */
export type AddressGuard = NonNullable<ConnectOptions['allowAddress']>

/**
 * The guard against requests into private networks, for `allowAddress` of an `HttpSession`: only public addresses are
 * connected to, whatever link, redirect, robots.txt or name led there. Asked for each connection with the address that is
 * then connected to, so a name that changes its address (rebinding) gains nothing.
 *
 * Hosts and ports of the seeds are excepted, since who starts the crawl named them: `http://localhost:8080/` works. A
 * name is held to what it was at first: one that began public is not followed inside later.
 *
 * @param seeds URLs
 * @example
 * new HttpSession({ connect: { allowAddress: publicAddresses(['http://10.0.0.1/']) } })
 */
export function publicAddresses(seeds: readonly string[] = []): AddressGuard {
  const named = new Set(seeds.flatMap(placesOf))
  const wasPublic = new Map<string, boolean>()

  return (address, { hostname, port }) => {
    const isPublic = isPublicAddress(address)
    const place = `${hostname.toLowerCase()} ${port}`
    if (!named.has(place)) return isPublic
    const before = wasPublic.get(place)
    if (before === undefined) wasPublic.set(place, isPublic)
    return isPublic || before !== true
  }
}

/** The host and port of a seed; a site on one default port is expected to be on the other as well. */
function placesOf(seed: string): string[] {
  const { hostname, port, protocol } = new URL(seed)
  const name = hostname.startsWith('[') ? hostname.slice(1, -1) : hostname
  if (port !== '') return [`${name} ${port}`]
  return protocol === 'https:' || protocol === 'http:' ? [`${name} 80`, `${name} 443`] : []
}
