import { MisuseError } from 'corral'
import { describe } from 'corral/lowlevel'
import { basicAuthorization } from '../session/basic-authorization.ts'
import { withoutCredentials } from '../without-credentials.ts'

/** An HTTP proxy, as the options name it: plain http is forwarded by it, https goes through a tunnel. */
export interface Proxy {
  /** Where it is, without user and password. */
  readonly url: URL
  /** What it is told as Proxy-Authorization. */
  readonly authorization: string | undefined
}

/**
 * @param authorization for a URL without user and password
 * @throws MisuseError for what is no URL of an HTTP proxy
 */
export function parseProxy(given: string, authorization?: string): Proxy {
  const url = URL.parse(given)
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    const got = describe(withoutCredentials(given))
    throw new MisuseError(
      `HttpSession: connect.proxy must be the http or https URL of a proxy, got ${got}`,
    )
  }
  return { url: new URL(url.origin), authorization: basicAuthorization(url) ?? authorization }
}
