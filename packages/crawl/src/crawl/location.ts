import type { CrawlResponse } from './crawl-session.ts'

export function isRedirect(status: number): boolean {
  return status === 301 || status === 302 || status === 303 || status === 307 || status === 308
}

/** The header; of several values all are told apart by the caller, since no URL has a line feed. */
export function locationOf({ headers }: CrawlResponse): string | undefined {
  const values = new Set(headers.getAll?.('location') ?? [])
  return values.size > 1 ? [...values].join('\n') : headers.get('location')
}
