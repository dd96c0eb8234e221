import { isRetryableStatus } from '../fetch/failure.ts'

/** What came of asking for a robots.txt. `unreachable`: no answer at all, or too many tries. */
export type RobotsOutcome =
  | { readonly kind: 'answer'; readonly status: number }
  | { readonly kind: 'too-many-redirects' }
  | { readonly kind: 'unreachable' }

/**
 * What an answer for /robots.txt means [RFC 9309 2.3.1]: 2xx is to be read, 4xx and too many redirects mean that
 * there is none, so everything is allowed; a server that fails or cannot be reached may not be crawled. Nor may one that
 * is too busy to say (429 and the like), though it is free to be taken for a 4xx: it asked for fewer requests, not more.
 */
export function robotsVerdict(outcome: RobotsOutcome): 'read' | 'allow-all' | 'disallow-all' {
  if (outcome.kind === 'too-many-redirects') return 'allow-all'
  if (outcome.kind === 'unreachable') return 'disallow-all'
  const { status } = outcome
  if (status >= 200 && status < 300) return 'read'
  return isRetryableStatus(status) || status >= 500 ? 'disallow-all' : 'allow-all'
}
