import { readdirSync, readFileSync, readlinkSync } from 'node:fs'

/** A TCP socket that listens. */
export interface Listener {
  readonly address: string
  readonly port: number
  readonly inode: string
}

/** Every TCP socket that listens in the network of a process, whoever has it. */
export function listenersAround(pid: number): Listener[] {
  return ['tcp', 'tcp6'].flatMap((file) => {
    let text
    try {
      text = readFileSync(`/proc/${pid}/net/${file}`, 'latin1')
    } catch {
      return []
    }
    return parseListeners(text)
  })
}

/** @param text of `/proc/PID/net/tcp` or `tcp6` */
export function parseListeners(text: string): Listener[] {
  const found: Listener[] = []
  for (const line of text.split('\n').slice(1)) {
    const [, local = '', , state, , , , , , inode = ''] = line.trim().split(/\s+/)
    if (state !== listening) continue
    const [address = '', port = ''] = local.split(':')
    found.push({ address: addressOf(address), port: Number.parseInt(port, 16), inode })
  }
  return found
}

const listening = '0A'

/** Of 32-bit words in the order of bytes of this machine. */
function addressOf(hex: string): string {
  const bytes = [...Buffer.from(hex, 'hex')]
  const words = bytes.length >> 2
  const inOrder = Array.from({ length: words }, (_, i) => bytes.slice(4 * i, 4 * i + 4).reverse())
  if (words === 1) return inOrder.flat().join('.')
  const groups = Buffer.from(inOrder.flat()).toString('hex').match(/.{4}/g) ?? []
  return groups.map((group) => Number.parseInt(group, 16).toString(16)).join(':')
}

/** Those that a process has. */
export function listenersOf(
  pid: number,
  among: readonly Listener[] = listenersAround(pid),
): Listener[] {
  if (among.length === 0) return []
  const own = socketsOf(pid)
  return among.filter(({ inode }) => own.has(inode))
}

/** The inodes of the sockets of a process; none when it is not ours. */
export function socketsOf(pid: number): ReadonlySet<string> {
  const inodes = new Set<string>()
  let names: string[] = []
  try {
    names = readdirSync(`/proc/${pid}/fd`)
  } catch {
    return inodes
  }
  for (const name of names) {
    try {
      const [, inode] = /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${name}`)) ?? []
      if (inode !== undefined) inodes.add(inode)
    } catch {
      // Closed meanwhile.
    }
  }
  return inodes
}
