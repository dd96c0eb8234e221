import { HttpProblem } from '@corral/server'
import { headerOf } from './upgrade-request.ts'
import type { UpgradeRequest } from './upgrade-request.ts'

/**
 * Refuses pages of foreign origins: a browser sends its cookies with a WebSocket no matter which page opens it. Clients
 * other than browsers send no origin.
 *
 * @param origins such as `https://a.example`; undefined for the host of the request; `*` for all
 * @throws HttpProblem 403
 */
export function checkOrigin(
  request: UpgradeRequest,
  origins: readonly string[] | '*' | undefined,
): void {
  const origin = headerOf(request, 'origin')
  if (origin === undefined || origins === '*') return
  const allowed =
    origins === undefined
      ? hostOf(origin) === headerOf(request, 'host')?.toLowerCase()
      : origins.includes(origin)
  if (!allowed) throw new HttpProblem(403, { detail: 'pages of this origin may not connect' })
}

function hostOf(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).host : undefined
}
