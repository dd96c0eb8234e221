import { stringifySetCookie } from 'cookie'
import { requireDuration } from 'corral/lowlevel'

export interface CookieOptions {
  /** How long the client keeps it, in milliseconds; 0 removes it. Default: until the browser is closed. */
  readonly maxAge?: number
  /** Default `/`. */
  readonly path?: string
  readonly domain?: string
  /** Not accessible to scripts. Default true. */
  readonly httpOnly?: boolean
  /** Over HTTPS only. Default true. */
  readonly secure?: boolean
  /** Default `lax`. */
  readonly sameSite?: 'lax' | 'strict' | 'none'
}

/**
 * A value for the header `set-cookie`, with secure defaults. The client can read it: sign or encrypt what it must not
 * change or see.
 *
 * @throws TypeError for an invalid cookie name, path or domain
 * @example
 * return reply('welcome', { headers: { 'set-cookie': setCookie('session', id, { maxAge: 86_400_000 }) } })
 */
export function setCookie(name: string, value: string, options: CookieOptions = {}): string {
  const { maxAge, path = '/', httpOnly = true, secure = true, sameSite = 'lax', domain } = options
  if (maxAge !== undefined) requireDuration('setCookie: maxAge', maxAge)
  return stringifySetCookie({
    name,
    value,
    path,
    httpOnly,
    secure,
    sameSite,
    ...(domain === undefined ? undefined : { domain }),
    ...(maxAge === undefined ? undefined : { maxAge: Math.ceil(maxAge / 1000) }),
  })
}
