import { isRetryableStatus } from '../fetch/failure.ts'

/**
 * What access the status of an answer for /robots.txt gives [RFC 9309 2.3.1]: 2xx is to be read, 4xx means that there is none, so
 * everything is allowed; a server that fails may not be crawled. Nor may one that is too busy to say (429 and the like), though it is
 * free to be taken for a 4xx: it asked for fewer requests, not more.
 */
export function robotsAccess(status: number): 'read' | 'allow-all' | 'disallow-all' {
  if (status >= 200 && status < 300) return 'read'
  return isRetryableStatus(status) || status >= 500 ? 'disallow-all' : 'allow-all'
}
