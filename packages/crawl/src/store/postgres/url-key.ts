import { hash } from 'node:crypto'

/** What a URL is found by: the first half of its SHA-256, as a UUID. */
export function urlKey(url: string): string {
  return hash('sha256', url).slice(0, 32)
}
