import { getDomain } from 'tldts'

/**
 * The domain somebody registered that a host belongs to: `shop.example.co.uk` and `www.example.co.uk` to `example.co.uk`,
 * but `a.github.io` and `b.github.io` to different people. What has none (an address, `localhost`) stands for itself.
 *
 * @param hostname as a URL has it, without port
 * @see https://publicsuffix.org/
 */
export function registrableDomain(hostname: string): string {
  return getDomain(hostname, { allowPrivateDomains: true }) ?? hostname
}
