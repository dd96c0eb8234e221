import { connect as connectTcp, isIP } from 'node:net'
import type { Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { ConnectOptions } from './connect-options.ts'
import { checkLiteral, guardedLookup } from './lookup.ts'
import type { TlsSessions } from './tls-sessions.ts'

/**
 * Starts a connection and gives its socket, which is not connected yet: the caller listens for
 * `connectEvent`, and may destroy it at any time.
 */
export function openSocket(url: URL, options: ConnectOptions, sessions: TlsSessions): Socket {
  const secure = url.protocol === 'https:'
  const hostname = url.hostname.startsWith('[') ? url.hostname.slice(1, -1) : url.hostname
  const port = url.port === '' ? (secure ? 443 : 80) : Number(url.port)
  checkLiteral(options, hostname, port)
  const to = {
    host: hostname,
    port,
    lookup: guardedLookup(options, port),
    noDelay: true,
    keepAlive: true,
    keepAliveInitialDelay: 60_000,
    ...(options.localAddress === undefined ? {} : { localAddress: options.localAddress }),
  }
  if (!secure) return connectTcp({ ...to, highWaterMark: 64 * 1024 } as typeof to)
  const session = sessions.get(url.origin)
  const socket = connectTls({
    ...options.tls,
    ...to,
    ALPNProtocols: ['http/1.1'],
    ...(isIP(hostname) === 0 ? { servername: hostname } : {}),
    ...(session === undefined ? {} : { session }),
  })
  socket.on('session', (ticket) => sessions.set(url.origin, ticket))
  return socket
}

/** What a socket says when a request can be sent. */
export function connectEvent(url: URL): 'connect' | 'secureConnect' {
  return url.protocol === 'https:' ? 'secureConnect' : 'connect'
}
