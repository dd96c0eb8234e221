import type { LookupFunction } from 'node:net'
import type { SecureContextOptions } from 'node:tls'

/** Where a connection is about to go. */
export interface AddressTarget {
  /** The host of the URL: a name, or the address itself. */
  readonly hostname: string
  readonly port: number
  readonly family: 4 | 6
}

/** How connections are made. All of it runs in the context that the session was opened in. */
export interface ConnectOptions {
  /** Resolves names in place of `dns.lookup`: a cache, a resolver of your own. Asked with `all: true`. */
  readonly lookup?: LookupFunction
  /**
   * Asked for every address before it is connected to, also for one that stands in the URL: the guard
   * against requests to private networks. False, or an error that it throws, refuses the address.
   */
  readonly allowAddress?: (address: string, target: AddressTarget) => boolean
  /**
   * URL of a proxy to ask through, of HTTP or SOCKS 5 (`socks5://`, by the package `socks`); user and password may stand in it. Of
   * several each new connection takes the next; one that fails is left alone for a while. They look names up, so `allowAddress`
   * is asked only about hosts that are addresses, and `localhost`.
   */
  readonly proxy?: string | readonly string[]
  /** What an HTTP proxy is told as Proxy-Authorization when its URL has no user and password. */
  readonly proxyAuthorization?: string
  /** The address of this machine to connect from. */
  readonly localAddress?: string
  /** Certificates and ciphers; and whether a certificate that cannot be verified is refused (default true). */
  readonly tls?: SecureContextOptions & { readonly rejectUnauthorized?: boolean }
}
