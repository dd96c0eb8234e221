import { isIPv4, isIPv6 } from 'node:net'

/**
 * Whether an address is one of the public Internet. Not so: loopback, private and shared networks, link-local (the
 * metadata services of clouds), multicast, reserved and documentation ranges [RFC 6890, the registries of IANA].
 * An IPv6 address that stands for an IPv4 one is judged by that: mapped, NAT64 (64:ff9b::/96), 6to4, ISATAP. What is
 * no address is not public.
 *
 * @param address as sockets know it, without brackets
 * @example
 * isPublicAddress('64:ff9b::7f00:1') // false: 127.0.0.1 behind NAT64
 */
export function isPublicAddress(address: string): boolean {
  if (isIPv4(address)) return isPublic4(bytesOf4(address))
  // A zone names an interface of this machine: nothing public has one.
  if (!isIPv6(address) || address.includes('%')) return false
  return isPublic6(bytesOf6(address))
}

type Range = readonly [prefix: readonly number[], bits: number]

/** What is not public of IPv4. */
const closed4: readonly Range[] = [
  [[0], 8], // this network
  [[10], 8],
  [[100, 64], 10], // shared, behind a carrier's NAT
  [[127], 8],
  [[169, 254], 16], // link-local
  [[172, 16], 12],
  [[192, 0, 0], 24], // protocol assignments
  [[192, 0, 2], 24], // documentation, as the two below
  [[192, 88, 99], 24], // 6to4 relays, given up
  [[192, 168], 16],
  [[198, 18], 15], // measurements
  [[198, 51, 100], 24],
  [[203, 0, 113], 24],
  [[224], 3], // multicast, reserved, broadcast
]

/** What is not public of 2000::/3, the only part of IPv6 that is given out. */
const closed6: readonly Range[] = [
  [[0x20, 0x01, 0x00], 23], // protocol assignments, Teredo among them
  [[0x20, 0x01, 0x0d, 0xb8], 32], // documentation
  [[0x3f, 0xff, 0x00], 20], // documentation
]

const mapped: Range = [[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff], 96]
const nat64: Range = [[0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0], 96]
const sixToFour: Range = [[0x20, 0x02], 16]
const global: Range = [[0x20], 3]

function isPublic4(bytes: readonly number[]): boolean {
  return !closed4.some((range) => isIn(bytes, range))
}

function isPublic6(bytes: readonly number[]): boolean {
  if (isIn(bytes, mapped) || isIn(bytes, nat64)) return isPublic4(bytes.slice(12))
  if (!isIn(bytes, global) || closed6.some((range) => isIn(bytes, range))) return false
  if (isIn(bytes, sixToFour) && !isPublic4(bytes.slice(2, 6))) return false
  return !isIsatap(bytes) || isPublic4(bytes.slice(12))
}

/** An interface identifier of ::0:5efe:a.b.c.d or ::200:5efe:a.b.c.d tunnels to that address [RFC 5214]. */
function isIsatap(bytes: readonly number[]): boolean {
  return (
    ((bytes[8] ?? 0) & 0xfd) === 0 && bytes[9] === 0 && bytes[10] === 0x5e && bytes[11] === 0xfe
  )
}

function isIn(bytes: readonly number[], [prefix, bits]: Range): boolean {
  for (let at = 0; at * 8 < bits; at++) {
    const mask = bits - at * 8 >= 8 ? 0xff : (0xff << (8 - (bits - at * 8))) & 0xff
    if (((bytes[at] ?? 0) & mask) !== ((prefix[at] ?? 0) & mask)) return false
  }
  return true
}

function bytesOf4(address: string): number[] {
  return address.split('.').map(Number)
}

/** Of an address that is known to be one. */
function bytesOf6(address: string): number[] {
  const tail = /[\d.]+\.[\d.]+$/.exec(address)?.[0]
  const [a = 0, b = 0, c = 0, d = 0] = tail === undefined ? [] : bytesOf4(tail)
  const text =
    tail === undefined
      ? address
      : `${address.slice(0, -tail.length)}${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`
  const [head = '', rest] = text.split('::')
  const left = groupsOf(head)
  const right = rest === undefined ? [] : groupsOf(rest)
  const gap = Array<number>(8 - left.length - right.length).fill(0)
  return [...left, ...gap, ...right].flatMap((group) => [group >> 8, group & 0xff])
}

function groupsOf(text: string): number[] {
  return text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16))
}
