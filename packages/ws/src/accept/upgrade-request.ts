import type { RequestHeaders } from '@corral/server'

/** A client's request, before it is answered. */
export interface UpgradeRequest {
  readonly method: string
  /** Path and query as they were sent. */
  readonly target: string
  /** Names in lower case. */
  readonly headers: RequestHeaders
  readonly remoteAddress: string
}

export function headerOf(request: UpgradeRequest, name: string): string | undefined {
  const value = request.headers[name]
  return typeof value === 'string' ? value : undefined
}

/** The path, without the query. */
export function pathOf(target: string): string {
  return target.split('?', 1)[0] as string
}
