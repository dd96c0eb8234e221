import { createRequire } from 'node:module'
import type * as tldts from 'tldts'

let getDomain: typeof tldts.getDomain | undefined

/**
 * The domain somebody registered that a host belongs to: `shop.example.co.uk` and `www.example.co.uk` to `example.co.uk`,
 * but `a.github.io` and `b.github.io` to different people. What has none (an address, `localhost`) stands for itself.
 *
 * @param hostname as a URL has it, without port
 * @see https://publicsuffix.org/
 */
export function registrableDomain(hostname: string): string {
  // Megabytes of suffixes, and few crawls ask: loaded when the first one does.
  getDomain ??= load()
  return getDomain(hostname, { allowPrivateDomains: true }) ?? hostname
}

function load(): typeof tldts.getDomain {
  return (createRequire(import.meta.url)('tldts') as typeof tldts).getDomain
}
