import type { Socket } from 'node:net'

/** One end of a connection, or the address of a listener. */
export interface Address {
  /** An IP address; undefined for a Unix socket. */
  readonly host?: string
  readonly port?: number
  /** The file of a Unix socket. */
  readonly path?: string
}

/** An IP address, as `resolve` finds it. */
export interface HostAddress {
  readonly address: string
  readonly family: 4 | 6
}

export function remoteOf(socket: Partial<Socket>): Address {
  return ipAddress(socket.remoteAddress, socket.remotePort)
}

export function localOf(socket: Partial<Socket>): Address {
  return ipAddress(socket.localAddress, socket.localPort)
}

/** An IPv4 address is shown as one, even on a dual-stack socket. */
function ipAddress(mapped: string | undefined, port: number | undefined): Address {
  const host = mapped?.replace(/^::ffff:(?=\d+\.)/, '')
  return { ...(host !== undefined && { host }), ...(port !== undefined && { port }) }
}

/** In the usual notation: `127.0.0.1:80`, `[::1]:80`, `/run/x.sock`. */
export function showAddress({ host, port, path }: Address): string {
  if (path !== undefined) return path
  if (host === undefined) return 'a Unix socket'
  return `${host.includes(':') ? `[${host}]` : host}:${port}`
}
