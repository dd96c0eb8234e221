import { HttpError } from '../errors.ts'
import type { HttpResponse } from '../response/http-response.ts'
import { isReplayable } from '../exchange/outgoing.ts'
import type { Outgoing } from '../exchange/outgoing.ts'
import { withoutCredentials } from '../without-credentials.ts'
import { escapeBytes } from './escape-bytes.ts'

/**
 * The request that a redirect asks for; undefined when the response is none. A 303, and a 301 or 302
 * to a POST, become a GET without a body; secrets stay with the origin that they were given for
 * [Fetch 4.4]: once they were left behind, they do not come back.
 *
 * @throws HttpError REDIRECT when it cannot be followed
 */
export function redirected(request: Outgoing, response: HttpResponse): Outgoing | undefined {
  const { status } = response
  if (![301, 302, 303, 307, 308].includes(status)) return undefined
  const location = response.headers.get('location')
  if (location === undefined) return undefined
  if (new Set(response.headers.getAll('location')).size > 1) {
    throw cannotFollow(request, `it has several locations: ${withoutCredentials(location)}`)
  }
  const url = URL.parse(escapeBytes(location), request.url)
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    throw cannotFollow(request, `its location is no http URL: ${withoutCredentials(location)}`)
  }
  // Those of a server's choosing are nobody's: sent to no host, and kept out of `url` and messages.
  if (url.username !== '' || url.password !== '') url.username = url.password = ''
  const { method } = request
  const becomesGet =
    (status === 303 && method !== 'GET' && method !== 'HEAD') ||
    (status <= 302 && method === 'POST')
  if (!becomesGet && !isReplayable(request.body)) {
    throw cannotFollow(request, `its body was a stream, which cannot be sent again to ${url.href}`)
  }
  const headers = { ...request.headers }
  if (becomesGet) for (const name of ofTheBody) delete headers[name]
  if (url.origin !== request.url.origin) for (const name of secret) delete headers[name]
  return {
    url,
    headers,
    method: becomesGet ? 'GET' : method,
    body: becomesGet ? undefined : request.body,
  }
}

/** A redirect that is not followed. */
export function cannotFollow({ url: { href } }: Outgoing, why: string): HttpError {
  return new HttpError('REDIRECT', `the redirect of ${href} cannot be followed: ${why}`, {
    url: href,
    phase: 'headers',
  })
}

const ofTheBody = [
  'content-type',
  'content-length',
  'content-encoding',
  'content-language',
  'content-location',
]
const secret = ['authorization', 'cookie', 'proxy-authorization', 'host']
