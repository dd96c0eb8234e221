import { MisuseError } from 'corral'
import { describe } from 'corral/lowlevel'
import { basicAuthorization } from '../session/basic-authorization.ts'
import { withoutCredentials } from '../without-credentials.ts'

/** A proxy, as the options name it. */
export interface Proxy {
  /**
   * `http`: plain http is forwarded by it, https goes through a tunnel. `socks`: everything goes through it byte by byte
   * [RFC 1928].
   */
  readonly kind: 'http' | 'socks'
  /** Where it is, without user and password. */
  readonly url: URL
  /** What one of HTTP is told as Proxy-Authorization. */
  readonly authorization: string | undefined
  /** Who one of SOCKS is asked by. */
  readonly user: { readonly name: string; readonly password: string } | undefined
}

const socks = /^socks5?h?:$/

/**
 * @param authorization for a URL without user and password
 * @throws MisuseError for what is no URL of a proxy
 */
export function parseProxy(given: string, authorization?: string): Proxy {
  const url = URL.parse(given)
  if (url !== null && socks.test(url.protocol) && url.hostname !== '') {
    const name = decodeURIComponent(url.username)
    const user = name === '' ? undefined : { name, password: decodeURIComponent(url.password) }
    const port = url.port === '' ? '1080' : url.port
    const bare = new URL(`socks5://${url.hostname}:${port}`)
    return { kind: 'socks', url: bare, authorization: undefined, user }
  }
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    const got = describe(withoutCredentials(given))
    throw new MisuseError(
      `HttpSession: connect.proxy must be the http, https or socks5 URL of a proxy, got ${got}`,
    )
  }
  return {
    kind: 'http',
    url: new URL(url.origin),
    authorization: basicAuthorization(url) ?? authorization,
    user: undefined,
  }
}

/** What a proxy says of its own accord, as the cause of a failure. */
export class ProxyRefusal extends Error {
  /** Whether it is the proxy's fault, and not that of the host behind it. */
  readonly isFault: boolean

  constructor(message: string, isFault: boolean) {
    super(message)
    this.isFault = isFault
  }

  static {
    this.prototype.name = 'ProxyRefusal'
  }
}
