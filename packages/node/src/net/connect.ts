import { throwIfCancelled } from 'corral'
import { refuse, requireDuration } from 'corral/lowlevel'
import { requireName, requirePort } from '../guard.ts'
import { Connection } from './connection.ts'
import { dial, dialFirst } from './dial.ts'
import { interleaveFamilies, resolve } from './resolve.ts'
import { clientSettings } from './tls.ts'
import type { TlsSettings } from './tls.ts'

export interface ConnectOptions {
  /** Encrypts it: `true`, or the options of `tls.connect`. */
  readonly tls?: boolean | TlsSettings
  /** How long an address may take, in milliseconds, before the next one is tried alongside; 250 by default. */
  readonly delay?: number
  /** The local address to use; by default the system chooses. */
  readonly localAddress?: string
}

/** Where to: a host and its port, or the file of a Unix socket. */
export type ConnectTarget =
  | { readonly host: string; readonly port: number }
  | { readonly path: string }

/**
 * Connects. A host's addresses are tried in order, IPv6 and IPv4 in turn; when one is slow the next is tried alongside,
 * and the first to answer wins. The others are closed by the time this returns. Either side may end its own direction
 * (`closeWrite`), and small writes are sent at once.
 *
 * Cancellation: closes every attempt and throws when they are gone.
 *
 * @throws Error ECONNREFUSED, ENOTFOUND, CERT_HAS_EXPIRED: the system's own, the one for the first address, with the
 * others in `suppressed`
 * @example
 * await using connection = await connect({ host: 'example.com', port: 443 }, { tls: true })
 * @see trio.open_tcp_stream, RFC 8305
 */
export async function connect(
  to: ConnectTarget,
  { tls = false, delay = 250, localAddress }: ConnectOptions = {},
): Promise<Connection> {
  requireDuration('connect: delay', delay)
  requireTarget(to)
  throwIfCancelled()
  const socket =
    'path' in to
      ? await dial({ path: to.path })
      : await dialFirst(interleaveFamilies(await resolve(to.host)), to.port, delay, localAddress)
  const connection = new Connection(socket)
  if (tls === false) return connection
  const settings = clientSettings('path' in to ? undefined : to.host, tls === true ? {} : tls)
  try {
    await connection.startTls(settings)
    return connection
  } catch (error) {
    await connection.close({ grace: 0 })
    throw error
  }
}

function requireTarget(to: ConnectTarget): void {
  if (typeof to !== 'object' || to === null) refuse('connect: to', '{ host, port } or { path }', to)
  if ('path' in to) return requireName('connect: path', to.path)
  requireName('connect: host', to.host)
  requirePort('connect: port', to.port, 1)
}
