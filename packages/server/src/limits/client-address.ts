import { isIP, isIPv4 } from 'node:net'
import type { Transport } from '../transport/transport.ts'

/**
 * The client's address. Each proxy appends the address it saw to `x-forwarded-for`, so trusted proxies are counted from
 * the right: anything further left may be forged.
 */
export function clientAddress(transport: Transport, trustedProxies: number): string {
  const { remoteAddress, headers } = transport
  if (trustedProxies === 0) return plain(remoteAddress)
  const forwarded = headers['x-forwarded-for'] ?? ''
  const hops = String(forwarded).split(',')
  hops.push(remoteAddress)
  const hop = hops[Math.max(0, hops.length - 1 - trustedProxies)] ?? ''
  const address = plain(hop.trim())
  return isIP(address) === 0 ? plain(remoteAddress) : address
}

/** What counts as one client: an IPv4 address, or an IPv6 network, since each has 2^64 addresses. */
export function clientKey(address: string): string {
  if (isIP(address) !== 6) return address
  const groups = groupsOf(address)
  return `${groups.slice(0, 4).join(':')}::/64`
}

/** Without port, brackets, zone, and without the prefix of an IPv4 address in a socket of IPv6. */
function plain(text: string): string {
  const [, inBrackets] = /^\[([^\]]*)\](?::\d+)?$/.exec(text) ?? []
  const [, withPort] = /^([\d.]+):\d+$/.exec(text) ?? []
  const [address = ''] = (inBrackets ?? withPort ?? text).split('%')
  const mapped = /^::ffff:([\d.]+)$/i.exec(address)?.[1]
  return mapped !== undefined && isIPv4(mapped) ? mapped : address.toLowerCase()
}

/** The eight groups of an IPv6 address, without leading zeros. */
function groupsOf(address: string): string[] {
  const [head = '', tail] = address.split('::')
  const left = head === '' ? [] : head.split(':')
  const right = tail === undefined || tail === '' ? [] : tail.split(':')
  // The last one may be an IPv4 address, which is two groups: it is behind the network.
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - left.length - right.length)
  return [...left, ...Array<string>(zeros).fill('0'), ...right].map((group) =>
    group.replace(/^0+(?=.)/, ''),
  )
}
