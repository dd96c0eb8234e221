import { connect as connectTcp, isIP } from 'node:net'
import type { Socket, TcpNetConnectOpts } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { HttpProtocol } from './carrier.ts'
import type { ConnectOptions } from './connect-options.ts'
import { checkLiteral, guardedLookup } from './lookup.ts'
import { openSocks } from './open-socks.ts'
import { openTunnel } from './open-tunnel.ts'
import type { Proxy } from './proxy.ts'
import type { TlsSessions } from './tls-sessions.ts'

/** A connection that is being made. */
export interface Opening {
  /** What all of it goes through: destroying it gives the connection up. */
  readonly socket: Socket
  /** Calls back with the socket that requests are sent on; or with an error that `socket` does not emit itself. */
  readonly whenReady: (ready: (socket: Socket) => void, failed: (error: Error) => void) => void
}

/**
 * Begins to connect to the host of `url`, through a proxy if there is one.
 *
 * @param protocols what is offered to it, the best first
 * @throws AddressRefused for an address in the URL that `allowAddress` refuses
 */
export function openSocket(
  url: URL,
  options: ConnectOptions,
  sessions: TlsSessions,
  proxy?: Proxy,
  protocols: readonly HttpProtocol[] = ['http/1.1'],
): Opening {
  checkLiteral(options, hostOf(url), portOf(url), proxy !== undefined)
  const secure = url.protocol === 'https:'
  if (proxy === undefined) {
    const lookup = guardedLookup(options, portOf(url))
    const to = { ...targetOf(url, options), lookup }
    return openingOf(secure ? overTls(url, to, options, sessions, protocols) : overTcp(to), url)
  }
  // The guard is for hosts of URLs, which the proxy looks up; who named the proxy means it.
  const { lookup } = options
  const to = { ...targetOf(proxy.url, options), ...(lookup === undefined ? {} : { lookup }) }
  const socket =
    proxy.url.protocol === 'https:' ? overTls(proxy.url, to, options, sessions) : overTcp(to)
  if (proxy.kind === 'http' && !secure) return openingOf(socket, proxy.url)
  return {
    socket,
    whenReady(ready, failed) {
      const through = (failure?: Error): void => {
        if (failure !== undefined) {
          failed(failure)
          return
        }
        if (!secure) {
          ready(socket)
          return
        }
        const inner = overTls(url, { socket }, options, sessions, protocols)
        inner.on('error', failed)
        inner.once('secureConnect', () => ready(inner))
      }
      if (proxy.kind === 'http') openTunnel(socket, proxy, url, through)
      else socket.once('connect', () => openSocks(socket, proxy, url, portOf(url), through))
    },
  }
}

/** A socket that leads straight to the host of `url`. */
export function openingOf(socket: Socket, url: URL): Opening {
  const event = url.protocol === 'https:' ? 'secureConnect' : 'connect'
  return { socket, whenReady: (ready) => void socket.once(event, () => ready(socket)) }
}

function targetOf(url: URL, { localAddress }: ConnectOptions): TcpNetConnectOpts {
  const to = {
    host: hostOf(url),
    port: portOf(url),
    noDelay: true,
    keepAlive: true,
    keepAliveInitialDelay: 60_000,
  }
  return localAddress === undefined ? to : { ...to, localAddress }
}

function overTcp(to: TcpNetConnectOpts): Socket {
  return connectTcp({ ...to, highWaterMark: 64 * 1024 } as TcpNetConnectOpts)
}

function overTls(
  url: URL,
  to: TcpNetConnectOpts | { readonly socket: Socket },
  options: ConnectOptions,
  sessions: TlsSessions,
  protocols: readonly HttpProtocol[] = ['http/1.1'],
): Socket {
  const hostname = hostOf(url)
  const session = sessions.get(url.origin)
  const socket = connectTls({
    ...options.tls,
    ...to,
    ALPNProtocols: [...protocols],
    host: hostname,
    ...(isIP(hostname) === 0 ? { servername: hostname } : {}),
    ...(session === undefined ? {} : { session }),
  })
  socket.on('session', (ticket) => sessions.set(url.origin, ticket))
  return socket
}

function hostOf({ hostname }: URL): string {
  return hostname.startsWith('[') ? hostname.slice(1, -1) : hostname
}

function portOf({ port, protocol }: URL): number {
  if (port !== '') return Number(port)
  return protocol === 'https:' ? 443 : 80
}
