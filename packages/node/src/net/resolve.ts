import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import { cancellable } from 'corral'
import { refuse } from 'corral/lowlevel'
import { requireName } from '../guard.ts'
import type { HostAddress } from './address.ts'

export interface ResolveOptions {
  /** Only addresses of this family; both by default. */
  readonly family?: 4 | 6
}

/**
 * The addresses of a host, in the system's order of preference. It asks the system, and so honours `/etc/hosts`; an IP
 * address resolves to itself.
 *
 * Cancellation: stops waiting at once. The system call continues in a thread of Node's pool: nothing can stop
 * `getaddrinfo`.
 *
 * @param host a name or an IP address
 * @throws Error ENOTFOUND, EAI_AGAIN: the system's own
 * @example
 * const [first] = await resolve('localhost')
 * @see trio.socket.getaddrinfo
 */
export async function resolve(
  host: string,
  options: ResolveOptions = {},
): Promise<readonly HostAddress[]> {
  requireName('resolve: host', host)
  const { family = 0 } = options
  if (family !== 0 && family !== 4 && family !== 6) refuse('resolve: family', '4 or 6', family)
  const literal = isIP(host)
  if (literal === 4 || literal === 6) return [{ address: host, family: literal }]
  const found = await cancellable(lookup(host, { all: true, order: 'verbatim', family }))
  return found.map(({ address, family }) => ({ address, family: family === 6 ? 6 : 4 }))
}

/** Alternates between families, starting with the preferred one [RFC 8305, 4]. */
export function interleaveFamilies(addresses: readonly HostAddress[]): readonly HostAddress[] {
  const preferred = addresses.filter(({ family }) => family === addresses[0]?.family)
  const others = addresses.filter(({ family }) => family !== addresses[0]?.family)
  return preferred
    .flatMap((address, i) => [address, ...others.slice(i, i + 1)])
    .concat(others.slice(preferred.length))
}
