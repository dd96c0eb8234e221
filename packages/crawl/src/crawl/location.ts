import { escapeBytes } from '@corral/http'
import type { CrawlResponse } from './crawl-session.ts'

export function isRedirect(status: number): boolean {
  return status === 301 || status === 302 || status === 303 || status === 307 || status === 308
}

/** The header, unless it is empty, which browsers and curl take for none; of several values all are told apart by the caller, since no URL has a line feed. */
export function locationOf({ headers }: CrawlResponse): string | undefined {
  const values = new Set(headers.getAll?.('location') ?? [])
  if (values.size > 1) return [...values].join('\n')
  const value = headers.get('location')
  return value === undefined || value === '' ? undefined : escapeBytes(value)
}
