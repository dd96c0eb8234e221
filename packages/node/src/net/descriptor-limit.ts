import { readFileSync } from 'node:fs'
import type { Socket } from 'node:net'

/** How many files and sockets this process may have open. */
const limit = openFilesLimit()
/** How many of them are kept from connections, for what handlers open themselves. */
const RESERVE = Math.min(32, Math.floor(limit / 4))

/** Whether a socket just accepted is one of the last that can be opened: the system assigns the lowest free number. */
export function isNearLimit(socket: Socket): boolean {
  const { fd } = (socket as { _handle?: { fd?: number } })._handle ?? {}
  return fd !== undefined && fd >= limit - RESERVE
}

function openFilesLimit(): number {
  try {
    const limits = readFileSync('/proc/self/limits', 'latin1')
    return Number(/^Max open files\s+(\d+)/m.exec(limits)?.[1] ?? Infinity)
  } catch {
    return Infinity // no Linux
  }
}
